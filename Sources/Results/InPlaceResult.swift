import Faults
import Instance
import InstanceHealth
package import Operations

/// What `restore --in-place` came to, and its undo.
package struct InPlaceResult: CommandResult {
    package let schema = "infisical-ops/restore-in-place/1"
    /// Id of the backup; absent for an undo.
    package let backup: String?
    package let database: String
    /// The name under which the database that was there before is kept; absent where there was none.
    package let kept: String?
    /// Absent for an undo, and where a run that was killed is finished.
    package let rows: Int?
    /// Statements that put the old database back by hand.
    package let undo: [String]
    package let health: HealthResult
    /// One sentence without full stop each.
    package let warnings: [String]
    package let losses: [LossSummary]
    package let exit: Int32

    package init(_ report: InPlaceRestore.Report) {
        backup = report.backup
        database = report.database
        kept = report.kept
        rows = report.rows
        undo = report.undoStatements
        health = HealthResult(report.health, time: nil)
        warnings = report.warnings + (report.backup == nil ? [] : [Self.revokedTokens])
        losses = report.losses.map(LossSummary.init)
        // That old tokens work again is always so, and no reason to look.
        let isWhole = report.warnings.isEmpty && report.losses.isEmpty
        // Of a backend that nothing can be asked nobody can say that it works.
        let isKnown = report.health.isProven || report.health.firstFailure != nil
        exit =
            ExitCode.mostImportant([report.health.exit, isKnown ? .done : .unhealthy, isWhole ? .done : .partial])
            .rawValue
    }

    private static let revokedTokens =
        "tokens that were revoked after this backup was taken work again: set a new AUTH_SECRET in the env file, and "
        + "let the backend take it up (with Compose: infisical-ops restart --recreate)"
}
