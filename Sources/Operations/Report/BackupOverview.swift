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

    /// Whether every key that was tried opens its part of the database; nil when there was nothing to try.
    package var keyOpens: Bool? {
        guard let keys = manifest.infisical?.keys, !keys.isEmpty else { return nil }
        if keys.contains(where: { $0.outcome == .doesNotOpen }) { return false }
        return keys.contains { $0.outcome == .opens } ? true : nil
    }
}
