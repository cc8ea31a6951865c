package import Effects
package import InstanceHealth

/// Looks at an instance until it works or the time is over.
package struct HealthWait {
    private let cancellation: Cancellation
    private let effects: Effects
    private let patience: Duration?

    /// - Parameter patience: nil looks once.
    package init(_ cancellation: Cancellation, effects: Effects, patience: Duration?) {
        self.cancellation = cancellation
        self.effects = effects
        self.patience = patience
    }

    /// - Returns: the last report. What waiting cannot cure ends it early.
    package func untilHealthy(_ look: () throws -> HealthReport) throws -> HealthReport {
        let clock = SystemClock(), start = clock.monotonic()
        while true {
            let report = try look()
            let passed = Duration.nanoseconds(Int64(clock.monotonic() - start))
            guard let patience, !report.isHealthy, !report.isFinal, passed < patience else { return report }
            try cancellation.sleep(milliseconds: 500, effects: effects)
        }
    }
}
