package import Faults
package import InstanceAccess
package import Repository

/// One backup in full.
package struct ShowResult: CommandResult {
    package let schema = "infisical-ops/show/1"
    package let backup: BackupSummary
    /// As in the manifest (`docs/format.md`).
    package let databases: [Manifest.Database]
    /// Damage anywhere in the repository.
    package let findings: [FindingSummary]
    /// What to run when damage was found.
    package let hints: [String]
    package let exit: Int32

    package init(_ backup: BackupOverview, damage: [Finding], exit: ExitCode) {
        self.backup = BackupSummary(backup)
        databases = backup.manifest.databases
        findings = damage.map { FindingSummary($0) }
        hints = Advice.hints(damaged: !damage.isEmpty)
        self.exit = exit.rawValue
    }
}
