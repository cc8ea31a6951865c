package import Faults
package import InfisicalData
package import Repository
import Settings

/// The backup whose kept files hold the right key when the one in force is another: the newest whose key opened all of its
/// data, and among those the newest with the label that is needed, where that is known. A rotation gave others another key.
package struct KeptKey: Sendable, Equatable {
    /// Id of the backup.
    package let backup: String
    /// Label of the key that is kept with it.
    package let label: String?
    /// What the key is called in the instance's env files.
    private var variable = "ENCRYPTION_KEY"
    /// How the backend takes it up.
    private var restart = Hint.command(["infisical-ops", "restart", "--recreate"])

    /// Where `restore --files` puts what was kept.
    private static let folder = "DIR"

    /// - Parameters:
    ///   - entries: oldest first, after those that do not count.
    ///   - server: the instance's own number; nil where it is not known. A backup of another one is passed over.
    ///   - needed: label of the key that is needed; nil where it is not known.
    ///   - closed: labels of keys that opened nothing: a backup with another one comes before them, but where none has one,
    ///     it may be the data that is broken.
    /// - Returns: nil where no backup has such a key.
    package init?(
        _ entries: [InventoryEntry], of server: String? = nil, needed: String? = nil, closed: Set<String> = []
    ) {
        let found = entries.filter { entry in
            guard entry.manifest.escrow != nil, let record = entry.manifest.infisical else { return false }
            let isOther = server != nil && record.instance != nil && record.instance != server
            return record.verdict == .opens && record.keyWasAtHand && !isOther
        }
        let label = { (entry: InventoryEntry) in entry.manifest.infisical?.keyLabel ?? "" }
        let fitting = found.last { label($0) == needed } ?? found.last { !closed.contains(label($0)) }
        guard let best = fitting ?? found.last else { return nil }
        backup = best.id.text
        self.label = best.manifest.infisical?.keyLabel
    }

    /// What came of a look for one in the configured repository.
    package struct Search: Sendable {
        package let key: KeptKey?
        /// Why nobody knows whether a backup has one, as a clause; nil where the repository could be read.
        package let obstacle: String?
        /// That the database is of another instance than the backups, as a clause: then none of them has its key.
        let other: String?

        package init(_ key: KeptKey?, obstacle: String? = nil, other: String? = nil) {
            self.key = key
            self.obstacle = obstacle
            self.other = other
        }

        /// For a database on which keys were tried. That the repository cannot be read hinders nothing but the advice.
        package init(_ instance: InstanceAccess, of server: String? = nil, after trial: KeyTrialReport) {
            let configuration = instance.configuration
            do {
                let repository = try Repository(
                    path: try configuration.requiredRepository(), stateFolder: configuration.stateFolder,
                    pinned: configuration.signer, files: instance.surroundings.files)
                let inventory = try Inventory(repository), history = try BackupHistory(inventory, repository)
                let own = history.newestGood(of: inventory.entries)?.manifest.infisical?.instance
                if let server, let own, own != server, try repository.host.changes().isEmpty {
                    self.init(
                        nil, other: "the database is of another instance (\(server)) than the backups (\(own))")
                    return
                }
                // The key of one that is shrunk may be that of another instance: only where there is no other.
                var key = KeptKey(
                    history.goodLast(inventory.ownEntries), of: server,
                    needed: trial[.rootWrap]?.label ?? trial.storedLabel, closed: trial.closedLabels)
                key?.fit(configuration)
                self.init(key)
            } catch { self.init(nil, obstacle: Failure(.of(error)).message) }
        }

        /// What to do where there is no such key, or nobody knows.
        package var noneHints: [Hint] {
            guard let obstacle else { return KeptKey.noneHints }
            return [KeptKey.unknown(obstacle), .check("look for an older env file of this instance as well")]
        }
    }

    /// - Parameter obstacle: why the repository cannot be read.
    package static func unknown(_ obstacle: String) -> Hint {
        .check("whether a backup keeps the right key is not known: \(obstacle)")
    }

    private mutating func fit(_ configuration: ResolvedConfiguration) {
        variable = configuration.instance.keyVariable
        if configuration.containers == .none {
            // Nothing is there to recreate: what starts the backend reads its env file again.
            let isControlled = !configuration.stopCommand.isEmpty && !configuration.startCommand.isEmpty
            restart = isControlled ? .command(["infisical-ops", "restart"]) : .check("then restart the backend")
        }
    }

    /// What to say to whoever takes the files out of a backup for the key in them; nil where that opened all of the data, and
    /// where there was nothing to try.
    package static func warning(of entry: InventoryEntry, _ entries: [InventoryEntry]) -> String? {
        guard let record = entry.manifest.infisical, record.verdict != .opens || !record.keyWasAtHand else {
            return nil
        }
        // That the key is not in these files was meant.
        if record.keyElsewhere == true { return nil }
        let start =
            record.verdict == .doesNotOpen
            ? "when this backup was taken, no key in these files opened all of its data"
            : "whether a key in these files opens the data was not tried when this backup was taken"
        guard let kept = KeptKey(entries, of: record.instance, needed: record.keyLabel) else {
            return start + "; no other backup here holds a key that did"
        }
        let command = "; run: infisical-ops restore \(kept.backup) --files DIR"
        guard let needed = record.keyLabel, needed == kept.label else {
            let other = record.keyLabel.map { "; it needs the key with the label \($0), which no backup here keeps" }
            return start + (record.keyWasAtHand ? "" : other ?? "")
                + "; the newest backup with a key that opened everything is \(kept.backup)"
                + (kept.label.map { " (label \($0))" } ?? "") + command
        }
        return start + "; the key that it needs (label \(needed)) is kept with the backup \(kept.backup)" + command
    }

    /// Where the backup is, for the end of a sentence about a key that is missing or wrong.
    package var text: String {
        "the newest backup with a key that opened everything is \(backup); run: infisical-ops restore \(backup) "
            + "--files \(KeptKey.folder)"
    }

    /// The same of a whole repository.
    package static func text(_ entries: [InventoryEntry]) -> String {
        KeptKey(entries)?.text ?? "no backup here keeps a key that opened everything"
    }

    /// How to bring the key back: steps, in their order.
    package var hints: [Hint] {
        [
            .command(["infisical-ops", "restore", backup, "--files", KeptKey.folder]),
            .check("put the \(variable) of the env file in \(KeptKey.folder) back into the instance's env file"),
            restart,
        ]
    }

    /// What to do where no backup has one.
    package static let noneHints: [Hint] = [
        .command(["infisical-ops", "list"]),
        .check(
            "no backup that can be read here keeps a key that opened it; look for an older env file of this instance"),
    ]
}
