package import InstanceHealth

/// How the instance is after `restart`.
package struct RestartResult: CommandResult {
    package let schema = "infisical-ops/restart/1"
    package let health: HealthResult
    /// One sentence without full stop each.
    package let warnings: [String]

    package init(_ report: HealthReport, warnings: [String]) {
        health = HealthResult(report, time: nil)
        self.warnings = warnings
    }
}
