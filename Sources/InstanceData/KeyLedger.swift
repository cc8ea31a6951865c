package import InstanceAccess
package import Repository

/// Which backups need which key, and in which of them that key is kept, by labels alone.
package struct KeyLedger: Sendable {
    /// One key.
    package struct Row: Sendable, Equatable {
        package let label: String
        /// Whether the instance has it now.
        package let isInForce: Bool
        /// Backups that do not open without it, the oldest first.
        package internal(set) var neededBy: [BackupID] = []
        /// Backups among whose escrow files it is, and where it opened what they hold; the oldest first.
        package internal(set) var keptIn: [BackupID] = []
        /// When a drill last opened one of these escrows and, with the key out of it, everything that the backup holds: RFC
        /// 3339, UTC. Nil where none did.
        package internal(set) var opened: String?
        /// The rotation that replaced it; nil where none did that this host knows of.
        package let replacedBy: String?
        /// A kit that was made of it or opened on this host; nil without one.
        package let kit: KeyKitRecords.Kit?
        /// When somebody said that nobody needs it any more: RFC 3339, UTC. Nil where nobody did on this host.
        package let retired: String?

        /// Whether backups need it that nothing at hand opens.
        package var isLost: Bool { !neededBy.isEmpty && keptIn.isEmpty && !isInForce && kit == nil }
        /// Whether the env file is all that is left of it.
        package var isOnlyInForce: Bool { isInForce && keptIn.isEmpty && kit == nil }
    }

    /// The keys in force first, then those of newer backups.
    package let rows: [Row]
    /// Backups of which nobody knows what key they need, although they are Infisical's; the oldest first.
    package let unknown: [BackupID]

    /// - Parameters:
    ///   - entries: oldest first.
    ///   - opened: when a drill last opened a backup with the keys that it keeps itself.
    ///   - inForce: the labels of the keys that the instance has.
    ///   - replaced: by label, the rotation that replaced the key.
    ///   - kits: what is known of key kits.
    ///   - retired: what is known of retired keys.
    package init(
        _ entries: [InventoryEntry], opened: (InventoryEntry) throws -> String?, inForce: [String],
        replaced: [String: String], kits: KeyKitRecords = KeyKitRecords(),
        retired: RetiredKeyRecords = RetiredKeyRecords()
    ) rethrows {
        var rows: [String: Row] = [:], order: [String] = [], unknown: [BackupID] = []
        let add = { (label: String) in
            guard rows[label] == nil else { return }
            order.append(label)
            rows[label] = Row(
                label: label, isInForce: inForce.contains(label), replacedBy: replaced[label], kit: kits[label],
                retired: retired[label])
        }
        for entry in entries {
            guard let record = entry.manifest.infisical else { continue }
            let needed = KeyLedger.labels(record)
            if needed.isEmpty {
                unknown.append(entry.id)
                continue
            }
            let kept = KeyLedger.kept(entry, record), time = kept.isEmpty ? nil : try opened(entry)
            for label in needed.union(kept).sorted() {
                add(label)
                if needed.contains(label) { rows[label]?.neededBy.append(entry.id) }
                guard kept.contains(label) else { continue }
                rows[label]?.keptIn.append(entry.id)
                if let time, time > rows[label]?.opened ?? "" { rows[label]?.opened = time }
            }
        }
        for label in inForce { add(label) }
        let numbered = order.reversed().compactMap { rows[$0] }
        self.rows = numbered.filter(\.isInForce) + numbered.filter { !$0.isInForce }
        self.unknown = unknown
    }

    /// The keys without which a backup does not open.
    private static func labels(_ record: Manifest.InfisicalRecord) -> Set<String> {
        // A staged key is one that nothing needs yet, and the copy that S8 keeps is sealed with the root key.
        let roles: Set = ["root-wrap", "utf8-triples", "base64-triples"]
        let opened = record.keys.filter { roles.contains($0.role) && $0.outcome == .opens }.compactMap(\.label)
        return Set(opened + [record.keyLabel].compactMap(\.self))
    }

    /// Those that were tried out of the files that it keeps.
    private static func kept(_ entry: InventoryEntry, _ record: Manifest.InfisicalRecord) -> Set<String> {
        guard entry.manifest.escrow != nil, record.keyElsewhere != true else { return [] }
        return Set(record.keys.filter { $0.outcome == .opens }.compactMap(\.label))
    }
}
