import Effects
import Faults
import InPlace
import InstanceAccess

/// One run through the states of a restore in place: records each state, then does what belongs to it, until the machine
/// says that it is over.
struct InPlaceRun {
    private var machine: InPlaceMachine
    private let work: InPlaceWork
    /// Whether the backend was told to stop, by this run or by one that it goes on with.
    private var stopsBackend: Bool
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
        work = open.work
        stopsBackend = ![.copying, .stopping, .discarding].contains(open.state)
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
        // An exchange that failed by its own account may be found to be done.
        guard let cause = faults.first, let last = faults.last, (machine.state, step) != (.exchanged, .ended) else {
            return
        }
        if let interruption = cause.interruption {
            let looks = [.starting, .returning].contains(machine.state)
            let standing = InPlaceStanding(
                work, machine.state, stopsBackend: stopsBackend, backendRuns: looks ? uncancelled.backendRuns : nil)
            throw Failure(
                InterruptedRun(interruption, state: standing.text, hints: [.command(work.command)]),
                cleanup: ((cause as? Failure)?.cleanup ?? []) + faults.dropFirst())
        }
        switch (machine.state, step) {
        case (.emptying, _), (.starting, _), (.exchanged, _):
            throw InPlaceFault.unfinished(last.message, command: work.command)
        case (_, .halted) where machine.state != .discarding:
            throw InPlaceFault.halted(last.message, command: work.command)
        default: throw Failure(cause, context: ["restore in place"], cleanup: Array(faults.dropFirst()))
        }
    }

    private mutating func event(of action: InPlaceMachine.Action) -> InPlaceMachine.Event {
        // What leads back may be done again from any earlier state, so it is done even if it cannot be recorded.
        guard record() || machine.goesBack else { return .failed }
        if action == .stopBackend { stopsBackend = true }
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
