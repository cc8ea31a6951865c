import Faults
package import Recovering

/// What `recover` came to.
package struct RecoverResult: CommandResult {
    package let schema = "infisical-ops/recover/1"
    /// Id of the backup.
    package let backup: String
    /// The compose project.
    package let project: String
    package let folder: String
    package let database: String
    /// Absent where an earlier run had restored the database.
    package let rows: Int?
    /// Paths of the files that were put back, or were there already.
    package let files: [String]
    package let phases: [RecoverPhase]
    package let seconds: Double
    /// Since the snapshot of the backup.
    package let dataAgeSeconds: Int64
    package let health: HealthResult
    package let census: CensusResult
    package let losses: [LossSummary]
    /// One sentence without full stop each.
    package let warnings: [String]
    /// What to run next.
    package let hints: [String]
    package let exit: Int32

    package init(_ report: RecoverOperation.Report) {
        backup = report.backup
        project = report.project
        folder = report.folder
        database = report.database
        rows = report.rows
        files = report.files
        phases = report.phases.map(RecoverPhase.init)
        seconds = report.seconds
        dataAgeSeconds = report.dataAge
        health = HealthResult(report.health, time: nil)
        census = CensusResult(report.census)
        losses = report.losses.map(LossSummary.init)
        warnings = report.warnings
        hints = Advice.recovered(report.signer)
        exit = report.exit.rawValue
    }
}
