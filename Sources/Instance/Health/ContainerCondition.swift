package import Effects

/// What the engine says of a container, judged.
package struct ContainerCondition: Sendable, Equatable {
    package let condition: Condition
    /// Why, as one clause; empty for one that is well.
    package let reason: String
    /// How long it has run, in seconds; nil for one that does not run.
    package let age: Int64?

    /// A container that the engine had to start again counts as looping until it has run this long, in seconds. The
    /// engine itself waits up to a minute between two attempts.
    private static let settled: Int64 = 60

    /// - Parameters:
    ///   - container: nil for one that is not there.
    ///   - now: by the clock of the engine's host.
    package init(_ container: Container?, name: String, now: Timestamp) {
        guard let container else {
            (condition, reason, age) = (.missing, "there is no container \(name)", nil)
            return
        }
        let running = container.started.map { now.seconds - $0.seconds }
        switch container.state {
        case .created:
            (condition, age) = (.stopped, nil)
            reason = container.startFailure.map { "it could not be started: \($0)" } ?? "it was never started"
        case .paused: (condition, reason, age) = (.paused, "all its processes are paused", nil)
        case .restarting:
            (condition, reason) = ContainerCondition.looping(container)
            age = nil
        case .exited, .dead, .removing:
            (condition, reason) = ContainerCondition.ended(container)
            age = nil
        case .running:
            age = running
            (condition, reason) = ContainerCondition.running(container, running ?? 0)
        }
    }

    private static func looping(_ container: Container) -> (Condition, String) {
        let times = container.restarts == 1 ? "once" : "\(container.restarts) times"
        // Of one that runs at the moment the engine no longer knows how it ended.
        let end = container.state == .restarting ? ", most recently after it ended with \(container.exitCode)" : ""
        let how = "it was started again \(times)\(end)"
        return container.isOutOfMemory
            ? (.outOfMemory, "the kernel killed it because memory ran out; \(how)") : (.crashLoop, how)
    }

    private static func ended(_ container: Container) -> (Condition, String) {
        if container.isOutOfMemory { return (.outOfMemory, "the kernel killed it because memory ran out") }
        if let failure = container.startFailure { return (.stopped, "it could not be started: \(failure)") }
        // 128 and the number of the signal that ended it; PostgreSQL, Redis and others end with 0 when they are told to.
        let reasons = [
            0: "it was stopped, or ended by itself (0)", 137: "it was killed (137)", 143: "it was stopped (143)",
        ]
        return (.stopped, reasons[container.exitCode] ?? "it ended with \(container.exitCode)")
    }

    private static func running(_ container: Container, _ age: Int64) -> (Condition, String) {
        if container.restarts > 0, age < settled, container.health != .healthy { return looping(container) }
        switch container.health {
        case .unhealthy: return (.unhealthy, "its own health check fails")
        case .starting: return (.starting, "its own health check has not passed yet")
        case .healthy, .none: return (.healthy, "")
        }
    }
}
