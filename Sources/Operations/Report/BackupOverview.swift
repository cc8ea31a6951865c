import InfisicalData
package import Repository

/// One backup as `list` and `status` show it.
package struct BackupOverview: Sendable {
    package let entry: InventoryEntry
    package let standing: ProofStore.Standing
    package var manifest: Manifest { entry.manifest }

    /// All backups of a repository, oldest first, with their proofs.
    package static func all(_ inventory: Inventory, _ repository: Repository) throws -> [BackupOverview] {
        try inventory.entries.map {
            BackupOverview(entry: $0, standing: try ProofStore.standing(of: $0, repository))
        }
    }

    /// Whether the keys at hand opened the database when the backup was taken; nil when there was nothing to try.
    package var keyOpens: Bool? { manifest.infisical?.keyOpens }
}

extension Manifest.InfisicalRecord {
    /// Whether the keys at hand opened everything; nil when nothing was tried.
    ///
    /// One wrap of the root key is enough: after a rotation the retained one is under the previous key, and before one
    /// the staged one is under the next.
    package var keyOpens: Bool? {
        let wraps = Set([RoleTrial.Role.rootWrap, .stagedWrap, .retainedWrap].map(\.words))
        let root = keys.filter { wraps.contains($0.role) }
        let rootOpens = root.contains { $0.outcome == .opens }
        if keys.contains(where: { $0.outcome == .doesNotOpen && !(wraps.contains($0.role) && rootOpens) }) {
            return false
        }
        return keys.contains { $0.outcome == .opens } ? true : nil
    }

    /// Whether the key with the label `keyLabel` was at hand, so that it lies in the backup's escrow.
    package var keyWasAtHand: Bool { keys.contains { $0.outcome == .opens && $0.label == keyLabel } }
}
