/// Which keys are in force where, by the state that the journal has.
package struct RotationStanding: Equatable, Sendable {
    package enum InForce: String, Codable, Sendable { case old, new, mixed }

    package let inForce: InForce
    /// Whether the new value stays in force, whatever comes: nothing takes it back any more.
    package let isCommitted: Bool
    private let state: RotationMachine.State
    private let work: RotationWork

    package init(_ work: RotationWork, _ state: RotationMachine.State) {
        self.work = work
        self.state = state
        isCommitted = RotationMachine(state, route: work.route).isCommitted
        inForce =
            switch state {
            case .securing, .stopping, .closing, .openingBack, .startingBack, .concludingBack, .undone: .old
            case .committed, .concluding, .rotated, .proving: .new
            case .migrating, .asking, .askingBack, .editing, .making, .authorizing, .opening, .starting, .sweeping,
                .haltingBack, .closingBack, .migratingBack, .editingBack, .makingBack, .authorizingBack:
                .mixed
            }
    }

    /// Clauses that begin in lower case: how far it came, and whether the database lets sessions in.
    package var text: String { mayBeClosed ? "\(progress); the database may be closed to sessions" : progress }

    /// Whether `ALLOW_CONNECTIONS` may be false.
    package var mayBeClosed: Bool {
        guard RotationMachine.has(.closing, work.route) || state == .closingBack || state == .migratingBack else {
            return false
        }
        return [
            .closing, .migrating, .asking, .askingBack, .editing, .making, .opening, .haltingBack, .closingBack,
            .migratingBack, .editingBack, .makingBack, .openingBack,
        ].contains(state)
    }

    private var progress: String {
        switch state {
        case .securing: "nothing of the instance was changed"
        case .stopping, .closing: "the old value is in force everywhere, the backend is stopped"
        case .migrating, .asking, .askingBack:
            "whether the database was encrypted with the new key is not known yet, the env files have the old one"
        case .editing:
            (work.route.migratesData ? "the database has the new key, " : "")
                + "the env files may have the old or the new value"
        case .authorizing:
            "the env files have the new value, the role may have the old or the new one, the backend is not started yet"
        case .making, .opening, .starting:
            "the env files have the new value, the backend is not started yet"
        case .sweeping, .proving: "the backend runs with the new value; it was not proven yet"
        case .committed, .concluding, .rotated: "the new value is in force everywhere"
        case .haltingBack, .closingBack, .migratingBack: "the old value is being put back, the database first"
        case .editingBack: "the old value is being put back into the env files"
        case .authorizingBack:
            "the env files have the old value again, the role may have the old or the new one, the backend is not started yet"
        case .makingBack: "the env files have the old value again, the backend is not started yet"
        case .openingBack, .startingBack: "the old value is in force everywhere, the backend may not run"
        case .concludingBack, .undone: "everything is as it was"
        }
    }
}
