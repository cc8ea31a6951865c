package import Repository

/// One backup as `list` and `status` show it.
package struct BackupOverview: Sendable {
    package let entry: InventoryEntry
    package let standing: ProofStore.Standing
    /// Whether it holds what the one before it held.
    package let assessment: Assessment
    package var manifest: Manifest { entry.manifest }

    /// All backups of a repository, oldest first, with their proofs.
    package static func all(_ inventory: Inventory, _ repository: Repository) throws -> [BackupOverview] {
        let history = try BackupHistory(inventory, repository)
        return try inventory.entries.map { try BackupOverview($0, history, repository) }
    }

    /// - Parameter history: of the repository that the backup is in.
    package init(_ entry: InventoryEntry, _ history: BackupHistory, _ repository: Repository) throws {
        self.entry = entry
        standing = try ProofStore.standing(of: entry, repository)
        assessment = history[entry.id]
    }

    /// What became of damage that was found in it; nil where none stands against it.
    package func damageState(_ inventory: Inventory, _ repository: Repository) throws -> DamageState? {
        try .worst(of: standing.damaged == nil ? [] : [entry], inventory, repository)
    }

    /// Whether the keys at hand opened the database when the backup was taken; nil when there was nothing to try.
    package var keyOpens: Bool? { manifest.infisical?.keyOpens }
}
