/// The backups whose kept files hold the key that opened their data, in the one order in which every command names them:
/// those that count before those that are shrunk, which may be of another instance, and of each the newest first.
package struct KeyKeepers: Sendable {
    /// The best last; without those that were rejected.
    private let entries: [InventoryEntry]
    private let counting: Set<BackupID>

    /// - Parameter history: of the repository that the inventory is of.
    package init(_ inventory: Inventory, _ history: BackupHistory) {
        let own = inventory.ownEntries
        // A key that a drill found wrong is none. One that a value does not open with may be the right one all the same: it
        // is named where no other is.
        let doubtful = own.filter { history.disproof(of: $0.id) != nil }
        self.init(
            own.filter { history.disproof(of: $0.id) == nil }, counting: Set(own.map(\.id).filter(history.isGood)),
            last: doubtful.filter { history.disproof(of: $0.id)?.isOfKey == false })
    }

    /// - Parameters:
    ///   - entries: oldest first.
    ///   - counting: those that are not shrunk.
    ///   - last: those that come after all others, oldest first.
    package init(_ entries: [InventoryEntry], counting: Set<BackupID>, last: [InventoryEntry] = []) {
        self.entries =
            last + entries.filter { !counting.contains($0.id) } + entries.filter { counting.contains($0.id) }
        self.counting = counting
    }

    /// The best whose key opened all of its data; with the label that is needed, where one has it.
    ///
    /// - Parameters:
    ///   - server: the instance's own number; nil where it is not known. A backup of another one is passed over.
    ///   - needed: label of the key that is needed; nil where it is not known.
    ///   - closed: labels of keys that opened nothing: a backup with another one comes before them, but where none has one,
    ///     it may be the data that is broken.
    package func best(
        of server: String? = nil, needed: String? = nil, closed: Set<String> = []
    ) -> InventoryEntry? {
        let found = entries.filter { entry in
            guard KeyKeepers.keepsRightKey(entry), let record = entry.manifest.infisical else { return false }
            return server == nil || record.instance == nil || record.instance == server
        }
        let label = { (entry: InventoryEntry) in entry.manifest.infisical?.keyLabel ?? "" }
        return found.last { label($0) == needed } ?? found.last { !closed.contains(label($0)) } ?? found.last
    }

    /// The best that keeps the key with a label: whose key opened all of its data, else any in which that key opened
    /// something. Nil where none keeps it.
    package func keeper(of label: String) -> InventoryEntry? {
        let found = entries.filter { entry in
            guard entry.manifest.escrow != nil, let record = entry.manifest.infisical else { return false }
            return record.keyLabel == label && record.keyWasAtHand
        }
        return found.last(where: KeyKeepers.keepsRightKey) ?? found.last
    }

    /// The newest that counts and whose kept files are right: they hold the key that opened all of its data, and what is not
    /// Infisical's needs none. Nil without one.
    package var newestWhole: InventoryEntry? {
        entries.last { entry in
            guard counting.contains(entry.id), entry.manifest.escrow != nil else { return false }
            return entry.manifest.infisical == nil || KeyKeepers.keepsRightKey(entry)
        }
    }

    /// Whether a backup's own key opened all of its data when it was taken, and is among the files that it keeps.
    package static func keepsRightKey(_ entry: InventoryEntry) -> Bool {
        guard entry.manifest.escrow != nil, let record = entry.manifest.infisical else { return false }
        return record.verdict == .opens && record.keyWasAtHand
    }
}
