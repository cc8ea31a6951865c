package import InfisicalData
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

    /// Whether the keys at hand opened the database when the backup was taken; nil when there was nothing to try.
    package var keyOpens: Bool? { manifest.infisical?.keyOpens }
}

extension Manifest.InfisicalRecord {
    /// Whether the keys at hand opened the data; nil when that was not proven either way.
    package var keyOpens: Bool? {
        switch verdict {
        case .opens: true
        case .doesNotOpen: false
        case .notChecked: nil
        }
    }

    /// What the record comes to today.
    ///
    /// - Parameter isElsewhere: whether the operator says now that the key is not on this host.
    package func keyStanding(isElsewhere: Bool) -> KeyStanding {
        if verdict == .opens { return .opens }
        if keys.contains(where: { $0.outcome == .doesNotOpen }) { return .doesNotOpen }
        if isElsewhere { return .keptElsewhere }
        // Earlier versions recorded a key that nobody gave as "not checked".
        let lacksKey = keys.contains { trial in
            KeySource.allCases.contains { trial.note == RoleTrial.Reason.keyNotGiven(variable: $0.variable).text }
        }
        if lacksKey { return .missing }
        return verdict == .doesNotOpen ? .doesNotOpen : .notChecked
    }

    /// What did not open, or why nothing was tried, as the backup recorded it.
    package var firstBroken: String? {
        keys.first { $0.outcome == .doesNotOpen && !["staged-wrap", "retained-wrap"].contains($0.role) }
            .map { trial in "\(trial.roleText)\(trial.note.map { ": \($0)" } ?? "")" }
    }
}

extension Manifest.KeyTrial {
    /// The role in words; that of a later version as it stands.
    package var roleText: String { RoleTrial.Role(identifier: role)?.text ?? role }
}
