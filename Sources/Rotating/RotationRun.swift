import Effects
import Faults
import InPlace
import InstanceAccess
import Rotation

/// What is done in each state of a rotation. Every action may be done again.
protocol RotationActing {
    func perform(_ action: RotationMachine.Action) throws -> RotationMachine.Event
}

/// One run through the states of a rotation: records each state, then does what belongs to it, until the machine says
/// that it is over.
struct RotationRun {
    /// What a run that came to an end came to.
    enum Outcome: Equatable {
        case rotated
        case undone
    }

    private var machine: RotationMachine
    private let work: RotationWork
    private let journal: RotationJournal
    private let actions: any RotationActing
    /// For what leads back although the run was stopped.
    private let uncancelled: any RotationActing
    /// What went wrong, the first one first.
    private(set) var faults: [any Fault] = []

    init(
        _ open: RotationHistory.OpenWork, _ journal: RotationJournal, _ actions: any RotationActing,
        uncancelled: any RotationActing
    ) {
        machine = RotationMachine(open.state, route: open.work.route)
        work = open.work
        self.journal = journal
        self.actions = actions
        self.uncancelled = uncancelled
    }

    /// From the first state.
    ///
    /// - Throws: what made it fail, with everything as it was; or `RotationFault.halted`, and another run goes on.
    mutating func begin() throws {
        guard let action = machine.action else { return }
        _ = try go(.perform(action))
    }

    /// From where an earlier run was killed.
    ///
    /// - Parameter back: whether the operator wants everything as it was.
    mutating func resume(back: Bool) throws -> Outcome {
        if back, machine.isCommitted { throw RotationFault.committed(title: work.title) }
        return try go(machine.handle(back ? .turnedBack : .resumed))
    }

    private mutating func go(_ first: RotationMachine.Step) throws -> Outcome {
        var step = first
        while case .perform(let action) = step { step = machine.handle(event(of: action)) }
        if step == .ended, !record() { step = .halted }
        guard step == .ended else {
            // A second signal says nothing that the first did not.
            var reasons: [String] = []
            for fault in faults where reasons.last != fault.message { reasons.append(fault.message) }
            let reason = reasons.joined(separator: "; then ")
            throw RotationFault.halted(
                reason, title: work.title, RotationStanding(work, machine.state))
        }
        if machine.state == .rotated { return .rotated }
        guard let cause = faults.first else { return .undone }
        let cleanup = ((cause as? Failure)?.cleanup ?? []) + faults.dropFirst()
        if let interruption = cause.interruption {
            throw Failure(
                InterruptedRun(interruption, state: RotationStanding(work, .undone).text, hints: []), cleanup: cleanup)
        }
        // Until something of the instance was changed, the cause says all.
        let hasChanged = journal.history.ended?.hasTouchedInstance == true
        throw Failure(
            hasChanged ? UndoneRotation(title: work.title, cause: cause) : cause, context: hasChanged ? [] : ["rotate"],
            cleanup: Array(faults.dropFirst()))
    }

    private mutating func event(of action: RotationMachine.Action) -> RotationMachine.Event {
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
            try journal.add(.entered(machine.state))
            return true
        } catch {
            faults.append(.of(error))
            return false
        }
    }
}
