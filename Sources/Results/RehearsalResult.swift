import Faults
package import Recovering

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
