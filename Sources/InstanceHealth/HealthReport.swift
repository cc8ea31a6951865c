package import Faults
package import Instance

/// What a look at the whole instance gave: one step a part, in the order in which they need each other.
package struct HealthReport: Sendable {
    package let steps: [HealthStep]
    /// Those of no single part.
    private let general: [HealthFinding]

    package init(steps: [HealthStep], findings: [HealthFinding] = []) {
        self.steps = steps
        general = findings
    }

    /// The first part that does not work; nil when none is known not to.
    package var firstFailure: HealthStep? { steps.first(where: \.isFailure) }
    /// Whether nothing that was looked at fails.
    package var isHealthy: Bool { firstFailure == nil }
    /// Whether nothing was found beside the parts either that makes them the wrong ones, such as another instance's database.
    package var isSound: Bool { !findings.contains(where: \.isGrave) }
    /// Whether the backend, where it was to be looked at, answered: without that nothing is known of the instance.
    package var isProven: Bool { steps.allSatisfy { $0.role != .backend || $0.condition == .healthy } }
    /// Why nobody can say whether the backend works, where nothing else is known to be wrong; a sentence without full stop.
    package var unchecked: [String] {
        guard isHealthy, !isProven else { return [] }
        let reasons = steps.filter { $0.role == .backend }.flatMap(\.details).joined(separator: "; ")
        return [
            "whether the backend works could not be checked\(reasons.isEmpty ? "" : ": \(reasons)"); set instance.url, then "
                + "run: infisical-ops health"
        ]
    }
    package var findings: [HealthFinding] { general + steps.flatMap(\.findings) }
    package var exit: ExitCode {
        guard !isHealthy else { return isProven && isSound ? .done : .partial }
        let isAboutKeys = steps.contains { $0.keyIsWrong || $0.condition.isOfKey }
        return isAboutKeys ? .keyMismatch : .unhealthy
    }

    /// Whether waiting cannot help.
    package var isFinal: Bool {
        guard let firstFailure else { return true }
        return firstFailure.isFinal || !firstFailure.condition.mayPass
            || steps.contains { $0.isFinal || $0.keyIsWrong }
    }
}
