package import Faults
package import Instance

/// What a look at the whole instance gave: one step a part, in the order in which they need each other.
package struct HealthReport: Sendable {
    package let steps: [HealthStep]
    /// Those of no single part.
    private let general: [HealthFinding]
    /// Whether a rotation of the keys is to be finished first, whatever works.
    private let rotationIsOpen: Bool

    /// - Parameter unfinished: what goes on with a change of the whole instance that was cut off; nil without one.
    package init(
        steps: [HealthStep], findings: [HealthFinding] = [], rotationIsOpen: Bool = false, unfinished: [String]? = nil
    ) {
        self.steps = unfinished.map { command in steps.map { $0.before(command) } } ?? steps
        self.rotationIsOpen = rotationIsOpen
        general = findings
    }

    /// The first part that does not work; nil when none is known not to.
    package var firstFailure: HealthStep? { steps.first(where: \.isFailure) }
    /// Whether nothing that was looked at fails.
    package var isHealthy: Bool { firstFailure == nil }
    /// Whether nothing was found beside the parts either that makes them the wrong ones, such as another instance's database.
    package var isSound: Bool { !findings.contains(where: \.isGrave) }
    /// Whether every part was looked at, and the backend answered: without that nothing is known of the instance.
    package var isProven: Bool { unproven.isEmpty }
    /// A Redis that speaks what this program does not is the backend's to judge; one that nobody named is not.
    private var unproven: [HealthStep] {
        steps.filter {
            $0.role == .backend && $0.condition != .healthy || $0.role == .redis && $0.condition == .notChecked
        }
    }
    /// Why nobody can say whether a part works, where nothing else is known to be wrong; a sentence without full stop each.
    package var unchecked: [String] {
        guard isHealthy else { return [] }
        return unproven.map { step in
            let isBackend = step.role == .backend, reasons = step.details.joined(separator: "; ")
            return "whether \(isBackend ? "the backend" : "Redis") works could not be checked"
                + "\(reasons.isEmpty ? "" : ": \(reasons)"); set "
                + (isBackend ? "instance.url" : "REDIS_URL in the env file that the backend reads")
                + ", then run: infisical-ops health"
        }
    }
    package var findings: [HealthFinding] { general + steps.flatMap(\.findings) }
    package var exit: ExitCode {
        if rotationIsOpen { return .unfinishedRotation }
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

extension HealthReport {
    /// The same without a finding that whoever asked knows better.
    package func without(_ code: String) -> HealthReport {
        HealthReport(
            steps: steps, findings: general.filter { $0.code != "health." + code }, rotationIsOpen: rotationIsOpen)
    }
}

extension HealthStep {
    /// With a command as what is to be done first, and without what is refused or does harm until it has ended.
    fileprivate func before(_ command: [String]) -> HealthStep {
        if !isFailure { return self }
        var step = self
        step.hints = [.command(command)] + hints.filter { $0 != .command(command) && !$0.changesInstance }
        return step
    }
}

extension Hint {
    fileprivate var changesInstance: Bool {
        guard case .command(let words) = self, let program = words.first else { return false }
        let isHarmless = words.contains {
            ["logs", "ps", "inspect", "status", "health", "show", "keys", "census", "list"].contains($0)
        }
        return ["infisical-ops", "docker", "docker-compose"].contains(program) && !isHarmless
    }
}
