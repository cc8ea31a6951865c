package import Repository

/// Whether a backup that holds less than before was called right.
package struct AcceptResult: CommandResult {
    package let schema = "infisical-ops/repository-accept/1"
    /// Its id.
    package let backup: String
    /// Whether this run changed it.
    package let changed: Bool
    /// Absent where nothing is missing.
    package let shrunk: ShrunkSummary?
    /// Absent where nothing declined in small steps.
    package let declined: DeclineSummary?

    package init(_ id: BackupID, _ assessment: Assessment, isChanged: Bool) {
        backup = id.text
        changed = isChanged
        shrunk = assessment.losses.isEmpty ? nil : ShrunkSummary(assessment)
        declined = DeclineSummary(assessment)
    }
}
