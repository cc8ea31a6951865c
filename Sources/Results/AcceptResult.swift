package import Repository

/// Whether a shrunk backup counts.
package struct AcceptResult: CommandResult {
    package let schema = "infisical-ops/repository-accept/1"
    /// Its id.
    package let backup: String
    /// Whether this run changed it.
    package let changed: Bool
    /// Absent where nothing is missing.
    package let shrunk: ShrunkSummary?

    package init(_ id: BackupID, _ assessment: Assessment, isChanged: Bool) {
        backup = id.text
        changed = isChanged
        shrunk = assessment.losses.isEmpty ? nil : ShrunkSummary(assessment)
    }
}
