package import Faults
package import Repository

/// What differs between two backups.
package struct DiffResult: CommandResult {
    package let schema = "infisical-ops/diff/1"
    /// Ids of the two backups.
    package let from: String
    package let to: String
    /// Whether nothing is known to differ.
    package let same: Bool
    /// Why they are of different instances, as a clause; absent where they are of the same, or where that cannot be seen.
    package let otherInstance: String?
    package let databasesRemoved: [String]
    package let databasesAdded: [String]
    /// Those that both have.
    package let databases: [BackupDifference.Database]
    /// Damage anywhere in the repository.
    package let findings: [FindingSummary]
    /// What to run when damage was found.
    package let hints: [String]
    package let exit: Int32

    package init(from: BackupID, to: BackupID, _ difference: BackupDifference, damage: [Finding], exit: ExitCode) {
        self.from = from.text
        self.to = to.text
        same = difference.isSame
        otherInstance = difference.otherInstance
        databasesRemoved = difference.databasesRemoved
        databasesAdded = difference.databasesAdded
        databases = difference.databases
        findings = damage.map { FindingSummary($0) }
        hints = Advice.hints(damaged: !damage.isEmpty)
        self.exit = exit.rawValue
    }
}
