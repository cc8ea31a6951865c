package import Faults

/// What became of looking at one part of the instance.
package struct HealthStep: Sendable {
    package let role: InstanceContainers.Role
    /// Name of the container; nil without containers.
    package let container: String?
    /// What the engine says of it; nil without containers, and for one that is missing.
    package var engine: Container?
    package var condition: Condition
    /// Why, or what was seen; one clause each.
    package var details: [String]
    /// What to do about it; empty for one that is healthy.
    package var hints: [Hint]
    /// What does not keep it from working, and should be known.
    package var findings: [HealthFinding] = []
    /// What its log tells, as `LogCause.code`; nil where that tells nothing.
    package var cause: String?
    /// Whether its key is missing or does not open the data, whatever else is the matter with it.
    package var keyIsWrong = false
    /// Whether waiting cannot help, whatever the condition alone would say.
    package var isFinal = false
    /// False where the configuration does not say how the part is reached: nothing can be said of it, good or bad.
    package var isConfigured = true

    /// Whether it keeps the instance from working, as far as is known. A Redis that this program cannot speak to is judged
    /// by the backend, which does not answer without it.
    package var isFailure: Bool {
        condition != .healthy && isConfigured && !(role == .redis && condition == .notKnown)
    }

    package init(
        _ role: InstanceContainers.Role, container: String?, _ condition: Condition, _ details: [String],
        hints: [Hint] = []
    ) {
        self.role = role
        self.container = container
        self.condition = condition
        self.details = details
        self.hints = hints
    }

    /// A part of which the configuration does not say how it is reached.
    package init(notConfigured role: InstanceContainers.Role, _ reason: String, hints: [Hint]) {
        self.init(role, container: nil, .notChecked, [reason], hints: hints)
        isConfigured = false
    }
}

/// Something that should be known although the instance works.
package struct HealthFinding: Sendable {
    /// Stable word for scripts, such as `health.edited-key`.
    package let code: String
    package let message: String
    package let hints: [Hint]
    /// Whether nothing is well with it, although every part works.
    package let isGrave: Bool

    package init(_ code: String, _ message: String, hints: [Hint], isGrave: Bool = false) {
        self.code = "health." + code
        self.message = message
        self.hints = hints
        self.isGrave = isGrave
    }

    /// The same with other hints.
    package init(_ finding: HealthFinding, hints: [Hint]) {
        code = finding.code
        message = finding.message
        isGrave = finding.isGrave
        self.hints = hints
    }
}
