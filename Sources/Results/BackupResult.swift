import Faults
package import Operations
import Repository

/// What `backup` took.
package struct BackupResult: CommandResult {
    package let schema = "infisical-ops/backup/1"
    package let backup: BackupSummary
    package let seconds: Double
    /// One sentence without full stop each; what failed after the backup was there comes last.
    package let warnings: [String]
    package let exit: Int32

    package init(_ report: BackupOperation.Report) {
        backup = BackupSummary(
            report.entry, standing: ProofStore.Standing(),
            assessment: report.assessment)
        seconds = report.seconds
        warnings =
            report.warnings + report.unfinished.map { "the backup is stored, but then this failed: \($0.message)" }
        exit = report.exit.rawValue
    }
}
