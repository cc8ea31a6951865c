import Faults
import InfisicalData
import InstanceAccess
import Operations
import Repository
import SecretExport
import Settings

/// Whether there are keys to try on data, and what to do where there are none or where they open nothing.
struct KeyRequirement {
    private let workplace: Workplace
    private let data: OpenedData
    /// The env file that was given for it; nil where the keys are those that belong to the data.
    private let keyFile: String?

    /// Where `restore --files` puts what a backup keeps.
    private static let folder = "DIR"

    init(_ workplace: Workplace, _ data: OpenedData, keyFile: String?) {
        self.workplace = workplace
        self.data = data
        self.keyFile = keyFile
    }

    /// Refuses to try nothing: every value would be said to stay closed.
    ///
    /// - Throws: `DataKeyFault.missing`, `.unusable`.
    func require() throws {
        guard data.holders.allSatisfy({ $0.keys.candidates.isEmpty }) else { return }
        for holder in data.holders {
            guard let problem = holder.keys.problems.first(where: { $0 != .missing }) else { continue }
            throw DataKeyFault.unusable(
                data: data.origin.text, reason: "\(holder.name): \(problem.message)", hints: hints())
        }
        throw DataKeyFault.missing(
            data: data.origin.text, reason: absence,
            hints: [.check("if another env file holds the key, give it as --key-file")] + hints())
    }

    /// A project whose secrets stay closed because the key is another database's, as that; any other failure as it is.
    func explained(_ error: any Error, _ report: KeyTrialReport) -> any Error {
        guard case SecretExportFault.keyClosed = error, !report.isUsable else { return error }
        return DataKeyFault.closed(
            data: data.origin.text, reason: report.summary,
            hints: hints(needed: report[.rootWrap]?.label ?? report.storedLabel, report))
    }

    private var absence: String {
        if case .backup = data.origin { return "its escrow keeps none that can be read, and this host has none" }
        let configuration = workplace.configuration
        if configuration.keyIsElsewhere { return "it is kept elsewhere (instance.key)" }
        return LiveKeys.absence(in: configuration.instance)
    }

    /// What `restore --files` and `--key-file` can do with the backups there are.
    private func hints(needed: String? = nil, _ report: KeyTrialReport? = nil) -> [Hint] {
        // Of another instance no backup here keeps the key.
        if data.standing.isOther { return DatabaseIdentity.addressHints + [.check(WrongKey.ofReplaced)] }
        let closed = report?.closedLabels ?? []
        var hints: [Hint] =
            keyFile == nil ? [] : [.check("without --key-file the key that belongs to the data is tried")]
        let entries: [InventoryEntry]
        do {
            let repository = try workplace.repository(), inventory = try Inventory(repository)
            entries = try BackupHistory(inventory, repository).goodLast(inventory.ownEntries)
        } catch {
            return hints + [
                KeptKey.unknown(Failure(.of(error)).message), .check("or give an older env file as --key-file"),
            ]
        }
        guard let kept = KeptKey(entries, needed: needed, closed: closed) else {
            return hints + [
                .check("no backup here keeps a key that opened everything; give an older env file as --key-file")
            ]
        }
        hints += [
            .command(["infisical-ops", "restore", kept.backup, "--files", Self.folder]),
            .check("then run the same command with --key-file and the env file that is in \(Self.folder)"),
        ]
        if case .backup(let entry) = data.origin, entry.id.text != kept.backup {
            hints.append(.check("or read the backup \(kept.backup), whose own key opened everything"))
        }
        return hints
    }
}
