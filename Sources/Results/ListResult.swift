package import Faults
package import InstanceAccess
package import Repository

/// The backups that the selection leaves, oldest first.
package struct ListResult: CommandResult {
    package let schema = "infisical-ops/list/1"
    package let backups: [BackupSummary]
    /// About the whole repository, as `exit` is.
    package let findings: [FindingSummary]
    /// What to run when damage was found.
    package let hints: [String]
    package let exit: Int32

    package init(_ backups: [BackupOverview], findings: [Finding], exit: ExitCode) {
        self.backups = backups.map { BackupSummary($0) }
        self.findings = findings.map { FindingSummary($0) }
        hints = Advice.hints(damaged: exit == .damaged)
        self.exit = exit.rawValue
    }
}
