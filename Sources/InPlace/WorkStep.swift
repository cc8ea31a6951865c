/// What an event leads to in a work that goes from state to state.
package enum WorkStep<Action: Equatable & Sendable>: Equatable, Sendable {
    /// The state is to be recorded, then the action done.
    case perform(Action)
    /// The work is over.
    case ended
    /// This run cannot go on; the next one resumes from the same state.
    case halted
    /// The event does not belong to this state.
    case impossible
}
