import Faults
package import Recovering

/// A part of a recovery with the time it took.
package struct RecoverPhase: Encodable, Sendable {
    /// Such as `restore`.
    package let name: String
    package let seconds: Double

    init(_ phase: RecoveryPhases.Phase) {
        name = phase.name
        seconds = phase.seconds
    }
}

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
        hints = Advice.recovered
        exit = report.exit.rawValue
    }
}

/// What `recover --rehearse` came to.
package struct RehearsalResult: CommandResult {
    package let schema = "infisical-ops/recover-rehearsal/1"
    /// Id of the backup.
    package let backup: String
    package let rows: Int
    package let phases: [RecoverPhase]
    /// From the first step to the last one, without the removal.
    package let seconds: Double
    /// Since the snapshot of the backup.
    package let dataAgeSeconds: Int64
    /// Until Infisical answered.
    package let bootSeconds: Double
    /// Whether a secret was read back through it.
    package let readCanary: Bool
    package let census: CensusResult
    package let losses: [LossSummary]
    /// One sentence without full stop each.
    package let warnings: [String]
    package let exit: Int32

    package init(_ report: RecoveryRehearsal.Report) {
        backup = report.backup
        rows = report.rows
        phases = report.phases.map(RecoverPhase.init)
        seconds = report.seconds
        dataAgeSeconds = report.dataAge
        bootSeconds = report.bootSeconds
        readCanary = report.readCanary
        census = CensusResult(report.census)
        losses = report.losses.map(LossSummary.init)
        warnings = report.warnings
        exit = report.exit.rawValue
    }
}
