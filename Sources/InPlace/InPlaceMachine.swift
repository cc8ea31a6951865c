/// The order of a restore in place, and of its undo: what is done next, after what came of the step before. It does
/// nothing itself. Its state is recorded before each action, and every action may be done again.
package struct InPlaceMachine: Equatable, Sendable {
    package enum State: String, Codable, CaseIterable, Sendable {
        /// The copy is made; nothing of the instance was touched.
        case copying
        /// The copy is complete; the backend is stopped.
        case stopping
        /// The databases change their names.
        case exchanging
        /// Whether they did is asked after a run was killed: if not, the work goes on.
        case asking
        /// The same after a failure: if not, everything is put back.
        case askingBack = "asking-back"
        /// The database that was in place lets sessions in again.
        case reopening
        /// The backend is started on what was there before.
        case returning
        /// The copy is thrown away.
        case discarding
        /// The databases are exchanged; Redis is emptied.
        case emptying
        /// The backend is started.
        case starting
        /// The end: everything is as it was.
        case undone
        /// The end: the copy is in place.
        case exchanged
    }

    package enum Event: CaseIterable, Sendable {
        case done
        case failed
        /// Asked whether the databases were exchanged: they were.
        case wasExchanged
        case wasNotExchanged
        /// A new run takes over from one that was killed, or that stopped where it could not go on.
        case resumed
    }

    package enum Action: Sendable {
        case makeCopy, stopBackend, exchangeDatabases, askWhetherExchanged, reopenDatabase, startBackend,
            startOldBackend
        case discardCopy, emptyRedis
    }

    package typealias Step = WorkStep<Action>

    package private(set) var state: State
    private let emptiesRedis: Bool

    /// - Parameter state: where the work is; `copying` for a restore that begins, `stopping` for an undo.
    package init(_ state: State, emptiesRedis: Bool) {
        self.state = state
        self.emptiesRedis = emptiesRedis
    }

    /// What the present state is about; nil at an end.
    package var action: Action? {
        switch state {
        case .copying: .makeCopy
        case .stopping: .stopBackend
        case .exchanging: .exchangeDatabases
        case .asking, .askingBack: .askWhetherExchanged
        case .reopening: .reopenDatabase
        case .returning: .startOldBackend
        case .discarding: .discardCopy
        case .emptying: .emptyRedis
        case .starting: .startBackend
        case .undone, .exchanged: nil
        }
    }

    /// Whether everything is on its way back to what it was.
    package var goesBack: Bool { [.askingBack, .reopening, .returning, .discarding].contains(state) }

    package mutating func handle(_ event: Event) -> Step {
        switch (state, event) {
        case (.undone, _), (.exchanged, _): return .impossible

        case (.copying, .done): return enter(.stopping)
        // Nothing but a copy was made, and a half-made one is of no use.
        case (.copying, .failed), (.copying, .resumed): return enter(.discarding)
        case (.stopping, .done): return enter(.exchanging)
        // An earlier run that was killed may have closed the database already.
        case (.stopping, .failed): return enter(.reopening)
        case (.exchanging, .done): return enter(afterExchange)
        // Whether the renames were committed is asked, not guessed.
        case (.exchanging, .failed): return enter(.askingBack)
        case (.exchanging, .resumed): return enter(.asking)
        // On the new database only: it is the one state in which the instance works.
        case (.asking, .wasExchanged), (.askingBack, .wasExchanged): return enter(afterExchange)
        case (.asking, .wasNotExchanged): return enter(.stopping)
        case (.askingBack, .wasNotExchanged): return enter(.reopening)

        case (.reopening, .done): return enter(.returning)
        case (.returning, .done): return enter(.discarding)
        case (.discarding, .done): return enter(.undone)
        case (.emptying, .done): return enter(.starting)
        case (.starting, .done): return enter(.exchanged)

        // What cannot be emptied need not keep the instance down: the operator may say so when the work is resumed.
        case (.emptying, .resumed) where !emptiesRedis: return enter(.starting)

        case (.asking, .done), (.askingBack, .done), (_, .wasExchanged), (_, .wasNotExchanged): return .impossible
        case (_, .failed): return .halted
        case (_, .resumed): return enter(state)
        }
    }

    private var afterExchange: State { emptiesRedis ? .emptying : .starting }

    private mutating func enter(_ next: State) -> Step {
        state = next
        return action.map(Step.perform) ?? .ended
    }
}
