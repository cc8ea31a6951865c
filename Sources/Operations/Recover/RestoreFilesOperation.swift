import DurableFiles
package import Faults
import InstanceAccess
import Repository
import Restoring

/// Puts the escrow of a backup, its env and compose files, into a folder.
package struct RestoreFilesOperation {
    /// What will be written.
    package struct Plan: Sendable {
        package let backup: String
        /// The files with the place each was kept from.
        package let files: [(path: String, was: String)]
        /// What to know of the key among them, such as that it opened nothing; one sentence without full stop each.
        package let warnings: [String]
        let kept: [(name: String, file: Escrow.File)]
        package var exit: ExitCode { warnings.isEmpty ? .done : .partial }
    }

    private let workplace: Workplace
    private let id: String
    private let folder: String
    private let identityFile: String?

    package init(_ workplace: Workplace, id: String, folder: String, identityFile: String?) {
        self.workplace = workplace
        self.id = id
        self.folder = folder
        self.identityFile = identityFile
    }

    /// Opens the escrow and looks whether anything is in the way: all or nothing.
    package func plan() throws -> Plan {
        let repository = try workplace.repository()
        let inventory = try Inventory(repository)
        let entry = try inventory.findForRestore(id, repository: repository.layout.root)
        guard entry.manifest.escrow != nil else { throw RestoreFault.noEscrow(backup: entry.id.text) }
        let identities = try workplace.requireIdentities(repository, override: identityFile)
        let kept = try Escrow.open(
            entry, identities: identities.all, source: identities.source, repository: repository)
        let paths = kept.map { Files.join(folder, $0.name) }
        for path in paths where try workplace.surroundings.files.status(path) != nil {
            throw RestoreFault.fileExists(path)
        }
        try workplace.surroundings.files.requireWritable(folder)
        // The files of another instance, or of an emptied one, may not be those that somebody looks for.
        let history = try BackupHistory(inventory, repository), shrunk = history.warning(before: entry, inventory)
        return Plan(
            backup: entry.id.text, files: zip(paths, kept).map { ($0, $1.file.path) },
            warnings: [KeptKey.warning(of: entry, KeyKeepers(inventory, history)), shrunk?.text].compactMap(\.self),
            kept: kept)
    }

    package func perform(_ plan: Plan) throws {
        let files = workplace.surroundings.files
        try files.createFolder(folder)
        for (target, item) in zip(plan.files, plan.kept) {
            try files.publishSecret(item.file.content, at: target.path, existing: .refuse)
        }
    }
}
