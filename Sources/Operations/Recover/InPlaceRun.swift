import Effects
import Faults
import Glibc
import InPlace

/// One run through the states of a restore in place: records each state, then does what belongs to it, until the machine
/// says that it is over.
struct InPlaceRun {
    private var machine: InPlaceMachine
    private let journal: InPlaceJournal
    private let actions: InPlaceActions
    /// For what must be done although the run was stopped.
    private let uncancelled: InPlaceActions
    /// What went wrong, the first one first.
    private var faults: [any Fault] = []

    /// - Parameters:
    ///   - open: where the journal is.
    ///   - keepsRedis: whether Redis is left as it is, whatever was planned when the work began.
    init(
        _ open: InPlaceHistory.OpenWork, _ journal: InPlaceJournal, _ actions: InPlaceActions,
        uncancelled: InPlaceActions, keepsRedis: Bool
    ) {
        machine = InPlaceMachine(open.state, emptiesRedis: open.work.emptiesRedis && !keepsRedis)
        self.journal = journal
        self.actions = actions
        self.uncancelled = uncancelled
    }

    /// From the first state.
    ///
    /// - Throws: with everything as it was; or `InPlaceFault.unfinished`, and the next run goes on.
    mutating func begin() throws {
        guard let action = machine.action else { return }
        try go(.perform(action))
    }

    /// From where an earlier run was killed.
    ///
    /// - Returns: whether the copy is in place; false when everything is as it was.
    mutating func resume() throws -> Bool {
        try go(machine.handle(.resumed))
        return machine.state == .exchanged
    }

    private mutating func go(_ first: InPlaceMachine.Step) throws {
        var step = first
        while case .perform(let action) = step { step = machine.handle(event(of: action)) }
        if step == .ended, !record() { step = .halted }
        guard let cause = faults.first, let last = faults.last else { return }
        switch (machine.state, step) {
        // The exchange failed by its own account and was found to be done.
        case (.exchanged, .ended): return
        case (.emptying, _), (.starting, _), (.exchanged, _):
            let unfinished = InPlaceFault.unfinished(last.message)
            guard last.exit == .interrupted || last.exit == .terminated else { throw unfinished }
            throw InterruptedRun(
                Interruption(signal: last.exit == .interrupted ? SIGINT : SIGTERM),
                state: "the databases were swapped, but the backend may not have been started", hints: unfinished.hints
            )
        case (_, .halted) where machine.state != .discarding: throw InPlaceFault.halted(last.message)
        default: throw Failure(cause, context: ["restore in place"], cleanup: Array(faults.dropFirst()))
        }
    }

    private mutating func event(of action: InPlaceMachine.Action) -> InPlaceMachine.Event {
        // What leads back may be done again from any earlier state, so it is done even if it cannot be recorded.
        guard record() || machine.goesBack else { return .failed }
        do { return try (faults.isEmpty ? actions : uncancelled).perform(action) } catch {
            faults.append(.of(error))
            return .failed
        }
    }

    /// - Returns: whether the state is in the journal.
    private mutating func record() -> Bool {
        do {
            try journal.enter(machine.state)
            return true
        } catch {
            faults.append(.of(error))
            return false
        }
    }
}
