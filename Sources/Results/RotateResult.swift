import Faults
package import Rotating
import Rotation

/// What `rotate encryption-key`, `rotate auth-secret`, `rotate database-password`, `rotate resume` and `rotate rollback` came to.
package struct RotateResult: CommandResult {
    package let schema = "infisical-ops/rotate/1"
    /// Names the rotation.
    package let rotation: String
    /// `rotated` or `undone`.
    package let outcome: String
    /// `old` or `new`: which value is in force.
    package let inForce: String
    package let changes: [RotationChangeSummary]
    /// `full`, `deep`, `rekey` or `native`; absent where nothing is encrypted.
    package let depth: String?
    /// Values that were encrypted anew; absent where another process did it, or nothing is encrypted.
    package let rewritten: Int?
    /// Values that were found under the old key afterwards, and encrypted anew.
    package let swept: Int
    /// Ids of the proven backups with the old value, and with the new one; absent where there is none.
    package let backupBefore: String?
    package let backupAfter: String?
    /// Seconds; absent for a run that went on where another one stopped.
    package let downtime: Double?
    /// What is left to be done, one sentence without full stop each.
    package let left: [String]
    package let exit: Int32

    package init(_ report: RotationOperation.Report) {
        rotation = report.work.id
        outcome = report.isRotated ? "rotated" : "undone"
        inForce = report.isRotated ? "new" : "old"
        changes = report.work.changes.map(RotationChangeSummary.init)
        depth = report.work.depth?.rawValue
        rewritten = report.rewritten
        swept = report.swept
        backupBefore = report.backupBefore
        backupAfter = report.backupAfter
        downtime = report.downtime
        left = report.left
        exit = report.exit.rawValue
    }
}
