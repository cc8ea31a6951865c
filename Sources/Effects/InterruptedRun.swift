package import Faults

/// An interruption by somebody who knows what holds now: what was changed by then, and what was not.
package struct InterruptedRun: Fault, Equatable {
    package let interruption: Interruption
    /// A clause such as `nothing was changed`.
    package let state: String
    package let hints: [Hint]

    package init(_ interruption: Interruption, state: String, hints: [Hint]) {
        self.interruption = interruption
        self.state = state
        self.hints = hints
    }

    package var code: String { interruption.code }
    package var message: String { "\(interruption.message); \(state)" }
    package var exit: ExitCode { interruption.exit }
}
