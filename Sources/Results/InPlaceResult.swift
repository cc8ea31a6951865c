import Faults
package import InPlace
import Instance
import InstanceHealth
package import Operations

/// What `restore --in-place` came to, with or without `--undo`.
package struct InPlaceResult: CommandResult {
    package let schema = "infisical-ops/restore-in-place/1"
    /// `restored`, `undone`, `redone`, or `discarded`.
    package let outcome: InPlaceOutcome
    /// Id of the backup that was restored, or whose restore was undone, redone or discarded; absent where an earlier version
    /// restored it.
    package let backup: String?
    package let database: String
    /// The name under which the database that was in place before is kept; absent where there was none, and with
    /// `discarded`.
    package let kept: String?
    /// Only with `restored`, and not where a run that was killed is finished.
    package let rows: Int?
    /// Statements that put the kept database back by hand.
    package let undo: [String]
    /// Absent with `discarded`: nothing of the instance was touched.
    package let health: HealthResult?
    /// One sentence without full stop each.
    package let warnings: [String]
    package let losses: [LossSummary]
    package let exit: Int32

    package init(_ report: InPlaceRestore.Report) {
        outcome = report.outcome
        backup = report.backup
        database = report.database
        kept = report.kept
        rows = report.rows
        undo = report.undoStatements
        health = HealthResult(report.health, time: nil)
        warnings = report.warnings + [Self.revokedTokens(report.outcome)]
        losses = report.losses.map(LossSummary.init)
        // That old tokens work again is always so, and no reason to look.
        let isWhole = report.warnings.isEmpty && report.losses.isEmpty
        // Of a backend that nothing can be asked nobody can say that it works.
        let isKnown = report.health.isProven || report.health.firstFailure != nil
        exit =
            ExitCode.mostImportant([report.health.exit, isKnown ? .done : .unhealthy, isWhole ? .done : .partial])
            .rawValue
    }

    /// That of a restore which had been interrupted before it changed anything, and is undone now.
    package init(discarded work: InPlaceWork) {
        outcome = .discarded
        backup = work.backup
        database = work.live
        kept = nil
        rows = nil
        undo = []
        health = nil
        warnings = []
        losses = []
        exit = ExitCode.done.rawValue
    }

    /// Whichever database comes back, it knows nothing of what was revoked while it was not in place.
    private static func revokedTokens(_ outcome: InPlaceOutcome) -> String {
        let since =
            switch outcome {
            case .restored, .discarded: "after this backup was taken"
            case .undone: "since the restore"
            case .redone: "after the backup was taken, or since the undo,"
            }
        return "tokens and sessions that were revoked \(since) work again: set a new AUTH_SECRET in the env file, and "
            + "let the backend take it up (with Compose: infisical-ops restart --recreate)"
    }
}
