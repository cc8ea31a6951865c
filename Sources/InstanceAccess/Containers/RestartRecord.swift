import Effects
import Faults

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

    package init() {}

    package mutating func stopping(_ part: String) { set(part, .stopping) }
    package mutating func stopped(_ part: String) { set(part, .stopped) }
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
        return isDown ? Failure(.of(error), context: ["restart (\(text))"]) : error
    }
}
