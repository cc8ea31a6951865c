import Effects
import Faults

/// A restart that ended for a reason that is no matter of health, and leaves stopped what had been running.
struct LeftStopped: Fault {
    /// What was done, as clauses.
    let text: String
    private let cause: any Fault

    init(text: String, _ cause: any Fault) {
        self.text = text
        self.cause = cause
    }

    var code: String { cause.code }
    var message: String { "restart (\(text)): \(cause.message)" }
    var hints: [Hint] { cause.hints }
    var exit: ExitCode { .unhealthy }
}

/// What a restart has done so far, for the sentence that a person needs when it does not come to its end.
package struct RestartRecord: Sendable {
    /// How one part stands.
    private enum State: String {
        case stopping = "being stopped"
        case stopped
        case starting = "being started"
        case works = "restarted"
        /// Told to stop, and started when that could not be proven.
        case startedAgain = "started again"
        case kept = "not stopped"
    }

    private var states: [(part: String, state: State)] = []
    /// Whether something was stopped by itself, and not only made again.
    private var hasStopped = false

    package init() {}

    package mutating func stopping(_ part: String) { set(part, .stopping) }
    package mutating func stopped(_ part: String) {
        set(part, .stopped)
        hasStopped = true
    }
    package mutating func starting(_ part: String) { set(part, .starting) }
    package mutating func works(_ part: String) { set(part, .works) }
    package mutating func startedAgain(_ part: String) { set(part, .startedAgain) }
    package mutating func kept(_ part: String) { set(part, .kept) }

    private mutating func set(_ part: String, _ state: State) {
        states.removeAll { $0.part == part }
        states.append((part, state))
    }

    /// What was done, as clauses: `Redis is stopped, the backend is being stopped`.
    package var text: String {
        states.isEmpty
            ? "nothing was stopped" : states.map { "\($0.part) is \($0.state.rawValue)" }.joined(separator: ", ")
    }

    /// Whether something is left that does not run.
    private var isDown: Bool { states.contains { [.stopping, .stopped, .starting].contains($0.state) } }

    /// An error that ended the restart, with what was done by then.
    package func ended(by error: any Error) -> any Error {
        if let interruption = (error as? any Fault)?.interruption {
            let failure = error as? Failure
            let hints: [Hint] =
                isDown
                ? [.command(["infisical-ops", "restart"]), .command(["infisical-ops", "health"])]
                : [.command(["infisical-ops", "health"])]
            return Failure(
                InterruptedRun(interruption, state: text, hints: hints),
                cleanup: failure?.cleanup ?? [])
        }
        // A part that did not come up has a sentence of its own.
        if case InstanceFault.unhealthy = error, !states.contains(where: { $0.state == .stopped }) { return error }
        guard isDown else { return error }
        let failure = Failure(.of(error))
        guard hasStopped, failure.exit == .failed else { return Failure(failure, context: ["restart (\(text))"]) }
        var standing = self
        switch failure.cause {
        // What should have started it ended without.
        case InstanceFault.commandFailed, InstanceFault.commandStays:
            for (part, state) in states where state == .starting { standing.set(part, .stopped) }
        default: break
        }
        let cause = Failure(failure.cause, context: failure.context)
        return Failure(LeftStopped(text: standing.text, cause), cleanup: failure.cleanup)
    }
}
