import DurableFiles
package import Repository

/// Puts the kept env and compose files of a backup into a folder.
package struct RestoreFilesOperation {
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

    package func plan() throws -> InventoryEntry {
        let repository = try workplace.repository()
        let entry = try Inventory(repository).find(id, repository: repository.layout.root)
        guard entry.manifest.escrow != nil else { throw RestoreFault.noEscrow(backup: entry.id.text) }
        return entry
    }

    /// - Returns: the files written, with the place each was kept from.
    package func perform(_ entry: InventoryEntry) throws -> [(path: String, was: String)] {
        let repository = try workplace.repository(), files = workplace.surroundings.files
        let identities = try workplace.requireIdentities(repository, override: identityFile)
        let kept = try Escrow.open(
            entry, identities: identities.all, source: identities.source, repository: repository)
        let paths = kept.map { folder + "/" + $0.name }
        // All or nothing: nothing is written when one of them is in the way.
        for path in paths where try files.status(path) != nil { throw RestoreFault.fileExists(path) }
        try files.createFolder(folder)
        for (path, item) in zip(paths, kept) {
            try files.publishSecret(item.file.content, at: path, existing: .refuse)
        }
        return zip(paths, kept).map { ($0, $1.file.path) }
    }
}
