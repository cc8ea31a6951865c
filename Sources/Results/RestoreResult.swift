import Faults
package import Operations
import Repository

/// What `restore` into a new database came to.
package struct RestoreResult: CommandResult {
    package let schema = "infisical-ops/restore/1"
    /// Id of the backup.
    package let backup: String
    /// The new database.
    package let database: String
    package let tables: Int
    package let rows: Int
    package let seconds: Double
    /// One sentence without full stop each.
    package let warnings: [String]
    /// What was done otherwise and is no loss, in words for people.
    package let notes: [String]
    package let losses: [LossSummary]
    package let exit: Int32

    /// - Parameter warnings: what was said with the plan.
    package init(_ report: RestoreOperation.Report, into database: String, warnings: [String]) {
        backup = report.plan.backup.id.text
        self.database = database
        tables = report.plan.tables.count
        rows = report.rows
        seconds = report.seconds
        self.warnings = warnings
        notes = report.notes
        losses = report.losses.map(LossSummary.init)
        exit = report.exit.rawValue
    }
}
