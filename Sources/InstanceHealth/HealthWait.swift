package import Effects

/// Looks at an instance until it works or the time is over.
package struct HealthWait {
    private let cancellation: Cancellation
    private let effects: Effects
    private let patience: Duration?
    private let endsEarly: Bool

    /// - Parameters:
    ///   - patience: nil looks once.
    ///   - endsEarly: whether what waiting cannot cure ends it.
    package init(_ cancellation: Cancellation, effects: Effects, patience: Duration?, endsEarly: Bool = true) {
        self.endsEarly = endsEarly
        self.cancellation = cancellation
        self.effects = effects
        self.patience = patience
    }

    /// - Returns: the last report. What waiting cannot cure ends it early, unless that is not wanted.
    package func untilHealthy(_ look: () throws -> HealthReport) throws -> HealthReport {
        let clock = SystemClock(), start = clock.monotonic()
        while true {
            let report = try look()
            let passed = Duration.nanoseconds(Int64(clock.monotonic() - start))
            guard let patience, !report.isHealthy, !endsEarly || !report.isFinal, passed < patience else {
                return report
            }
            try cancellation.sleep(milliseconds: 500, effects: effects)
        }
    }
}
