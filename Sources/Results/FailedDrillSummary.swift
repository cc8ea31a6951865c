package import Repository

/// A drill that did not come to a level.
package struct FailedDrillSummary: Encodable, Sendable {
    /// Id of its backup.
    package let backup: String
    /// The level at which it failed.
    package let level: String
    package let time: String
    /// Stable, such as `drill.differs`.
    package let code: String
    /// One sentence without full stop.
    package let message: String

    package init(_ drill: ProofStore.FailedDrill, of backup: BackupID) {
        self.backup = backup.text
        level = drill.level.rawValue
        time = drill.time
        code = drill.code
        message = drill.message
    }
}
