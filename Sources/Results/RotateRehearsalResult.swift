import Faults
package import Rotating
import Rotation

/// What `rotate encryption-key --rehearse` came to.
package struct RotateRehearsalResult: CommandResult {
    package let schema = "infisical-ops/rotate-rehearsal/1"
    /// `full`, `deep`, `rekey` or `native`.
    package let depth: String?
    /// Values that were encrypted anew on the copy; absent where the copy was not reached, and where the server does it itself.
    package let rewritten: Int?
    /// What that took; absent where the copy was not reached.
    package let exchangeSeconds: Double?
    /// Seconds without Infisical that are to be expected, but for those that its backend takes to stop; absent where it did not
    /// start on the copy.
    package let expectedDowntime: Double?
    /// How the copy was restored and proven, and Infisical started on it; no proof is recorded.
    package let drill: DrillResult
    package let exit: Int32

    package init(_ report: RotationRehearsal.Report) {
        depth = report.work.depth?.rawValue
        rewritten = report.rewritten
        exchangeSeconds = report.exchangeSeconds
        expectedDowntime = report.downtime
        drill = DrillResult(report.drill)
        exit = report.exit.rawValue
    }
}
