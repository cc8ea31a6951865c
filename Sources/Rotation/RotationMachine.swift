package import InPlace

/// The order of a rotation, and of the way back: what is done next, after what came of the step before. It does nothing
/// itself. Its state is recorded before each action, and every action may be done again.
///
/// Forward it goes until `committed`, from where nothing leads back. The way back is the same rotation with the keys
/// exchanged, from the first step that a killed run may have undone: every step asks first whether it was done.
package struct RotationMachine: Equatable, Sendable {
    package enum State: String, Codable, CaseIterable, Sendable {
        /// A backup with the old key is made and proven, the keys of this rotation are put where they survive the host.
        case securing
        /// The backend is stopped.
        case stopping
        /// Nobody else gets into the database.
        case closing
        /// Every value is encrypted anew in one transaction, or the new key is staged.
        case migrating
        /// Whether the transaction was committed is asked after a run was killed: if not, the work goes on.
        case asking
        /// The same after a failure: if not, the backend is started again.
        case askingBack = "asking-back"
        /// The new value is written into the env files.
        case editing
        /// The backend's container is made anew and not started.
        case making
        /// The role gets its new password.
        case authorizing
        /// The database lets sessions in again.
        case opening
        /// The backend is started and works.
        case starting
        /// Rows that somebody wrote under the old key meanwhile are encrypted anew.
        case sweeping
        /// The live instance is asked for what only the new key opens.
        case proving
        /// The new key is in force, whatever fails from here on: stored copies and the next backup follow.
        case committed
        /// What the rotation kept is put away.
        case concluding

        /// The way back begins: whatever runs is stopped.
        case haltingBack = "halting-back"
        case closingBack = "closing-back"
        /// Every value is encrypted with the old key again, from the rows as they are.
        case migratingBack = "migrating-back"
        case editingBack = "editing-back"
        case makingBack = "making-back"
        case authorizingBack = "authorizing-back"
        case openingBack = "opening-back"
        /// The backend is started on what was there before, and works.
        case startingBack = "starting-back"
        /// What the rotation kept is put away.
        case concludingBack = "concluding-back"

        /// The end: everything is as it was.
        case undone
        /// The end: the new key is in force.
        case rotated
    }

    package enum Event: CaseIterable, Sendable {
        case done
        case failed
        /// Asked whether the transaction was committed: it was.
        case wasCommitted
        case wasNotCommitted
        /// A new run takes over from one that was killed, or that stopped where it could not go on.
        case resumed
        /// The operator wants everything as it was.
        case turnedBack
    }

    package enum Action: Sendable {
        case secure, stopBackend, closeDatabase, migrate, askWhetherCommitted, editFiles, makeContainer, setPassword,
            openDatabase, startBackend, sweep, prove, settle, conclude
        /// The same towards the old key.
        case migrateBack, editFilesBack, makeContainerBack, setPasswordBack, startBackendBack, concludeBack
    }

    package typealias Step = WorkStep<Action>

    package private(set) var state: State
    package let route: RotationRoute

    /// - Parameter state: where the work is; `securing` for one that begins.
    package init(_ state: State, route: RotationRoute) {
        self.state = state
        self.route = route
    }

    /// What the present state is about; nil at an end.
    package var action: Action? { RotationMachine.actions[state] }

    /// Whether everything is on its way back to what it was.
    package var goesBack: Bool { state == .askingBack || RotationMachine.back.contains(state) }

    /// Whether the new key stays in force, whatever comes.
    package var isCommitted: Bool { [.committed, .concluding, .rotated].contains(state) }

    // MARK: - Order

    private static let forward: [State] = [
        .securing, .stopping, .closing, .migrating, .editing, .making, .authorizing, .opening, .starting, .sweeping,
        .proving, .committed, .concluding, .rotated,
    ]
    private static let back: [State] = [
        .haltingBack, .closingBack, .migratingBack, .editingBack, .makingBack, .authorizingBack, .openingBack,
        .startingBack, .concludingBack, .undone,
    ]
    private static let actions: [State: Action] = [
        .securing: .secure, .stopping: .stopBackend, .closing: .closeDatabase, .migrating: .migrate,
        .asking: .askWhetherCommitted, .askingBack: .askWhetherCommitted, .editing: .editFiles,
        .making: .makeContainer, .authorizing: .setPassword, .opening: .openDatabase, .starting: .startBackend,
        .sweeping: .sweep, .proving: .prove, .committed: .settle, .concluding: .conclude, .haltingBack: .stopBackend,
        .closingBack: .closeDatabase, .migratingBack: .migrateBack, .editingBack: .editFilesBack,
        .makingBack: .makeContainerBack, .authorizingBack: .setPasswordBack, .openingBack: .openDatabase,
        .startingBack: .startBackendBack, .concludingBack: .concludeBack,
    ]

    /// Whether a rotation of this kind comes through a state.
    package static func has(_ state: State, _ route: RotationRoute) -> Bool {
        switch state {
        // Servers take a staged key over by themselves; what they did is undone with all of them stopped.
        case .stopping: route == .encryptionKey
        case .closing, .opening, .sweeping: route == .encryptionKey
        case .migrating, .asking, .askingBack, .closingBack, .migratingBack, .openingBack: route.migratesData
        case .authorizing, .authorizingBack: route == .databasePassword
        default: true
        }
    }

    private func first(of order: [State], from state: State) -> State {
        order.drop { $0 != state }.first { RotationMachine.has($0, route) } ?? state
    }

    private func after(_ state: State) -> State {
        let order = RotationMachine.forward.contains(state) ? RotationMachine.forward : RotationMachine.back
        return order.drop { $0 != state }.dropFirst().first { RotationMachine.has($0, route) } ?? state
    }

    /// From where the way back leads when a step of the way forward was not done, or perhaps half.
    private var turning: State {
        switch state {
        // Nothing of the instance was touched.
        case .securing: .concludingBack
        // Database and files are as they were; an earlier run may have closed the one.
        case .stopping, .closing: first(of: RotationMachine.back, from: .openingBack)
        // Whether the transaction was committed is asked, not guessed.
        case .migrating, .asking, .askingBack: .askingBack
        // The backend that runs does not know of it yet, so it need not be stopped.
        case .editing where !route.migratesData: .editingBack
        default: first(of: RotationMachine.back, from: .haltingBack)
        }
    }

    // MARK: - Events

    package mutating func handle(_ event: Event) -> Step {
        switch (state, event) {
        case (.undone, _), (.rotated, _): return .impossible
        case (let state, _) where !RotationMachine.has(state, route): return .impossible

        case (.asking, .wasCommitted): return enter(after(.migrating))
        // Sessions that were kept out may have come back since; the order begins again where they are looked for.
        case (.asking, .wasNotCommitted): return enter(route == .stagedKey ? .migrating : .stopping)
        case (.askingBack, .wasCommitted): return enter(.haltingBack)
        case (.askingBack, .wasNotCommitted):
            return enter(route == .stagedKey ? .concludingBack : .openingBack)
        case (.asking, .done), (.askingBack, .done), (_, .wasCommitted), (_, .wasNotCommitted): return .impossible

        case (_, .done): return enter(after(state))

        // What follows the commit is told and done later, never a reason to go back.
        case (.committed, .failed): return enter(after(state))
        case (.committed, .turnedBack), (.concluding, .turnedBack): return .impossible
        case (.concluding, .failed), (.asking, .failed): return .halted
        case (_, .failed): return goesBack ? .halted : enter(turning)
        case (_, .turnedBack): return enter(goesBack ? resumption : turning)
        case (_, .resumed): return enter(resumption)
        }
    }

    /// Where a new run takes over. Sessions that it needs and those that it ended are gone or back, so it begins where
    /// they are looked for.
    private var resumption: State {
        switch state {
        // A backup that was begun is of no use without the run that knew it.
        case .securing: .concludingBack
        case .migrating: .asking
        case .closing: .stopping
        case .closingBack, .migratingBack: .haltingBack
        // Nobody started the backend when the host was restarted: the engine is kept from it until the end.
        case .sweeping, .proving: .starting
        default: state
        }
    }

    private mutating func enter(_ next: State) -> Step {
        state = next
        return action.map(Step.perform) ?? .ended
    }
}
