/// How databases, copy and backend stand where a restore in place was stopped by a signal, by the state that the journal
/// has.
package struct InPlaceStanding: Equatable, Sendable {
    private let work: InPlaceWork
    private let state: InPlaceMachine.State
    private let stopsBackend: Bool
    private let backendRuns: Bool?

    /// - Parameters:
    ///   - stopsBackend: whether the run had begun to stop the backend.
    ///   - backendRuns: what a look at it said; nil where nothing looked, or nothing can tell.
    package init(_ work: InPlaceWork, _ state: InPlaceMachine.State, stopsBackend: Bool, backendRuns: Bool? = nil) {
        self.work = work
        self.state = state
        self.stopsBackend = stopsBackend
        self.backendRuns = backendRuns
    }

    /// Clauses that begin in lower case: which database is live, what became of the copy, whether the backend runs.
    package var text: String { "\(database), and \(backend)" }

    private var database: String {
        switch state {
        case .emptying, .starting, .exchanged:
            "the databases were swapped: the live database \"\(work.live)\" is now \(work.incoming)"
                + (work.replaced == nil ? "" : ", the previous database is kept as \"\(work.kept)\"")
        case .asking: "whether the databases were swapped is not known yet"
        case .askingBack, .reopening: "\(unchanged) but may still be closed to sessions, \(copy)"
        case .copying, .stopping, .exchanging, .returning, .discarding, .undone: "\(unchanged), \(copy)"
        }
    }

    private var unchanged: String {
        work.replaced == nil
            ? "there is still no database \"\(work.live)\"" : "the live database \"\(work.live)\" is unchanged"
    }

    private var copy: String {
        guard work.ownsCopy else { return "the database \"\(work.copy)\" is kept as before" }
        return state == .undone ? "the copy was dropped" : "the copy \"\(work.copy)\" is not dropped yet"
    }

    private var backend: String {
        guard stopsBackend else { return "the backend was not stopped" }
        if let backendRuns { return backendRuns ? "the backend runs" : "the backend does not run" }
        return switch state {
        case .discarding, .undone, .exchanged: "the backend was started again"
        case .starting, .returning: "whether the backend was started is not known"
        case .copying, .stopping, .exchanging, .asking, .askingBack, .reopening, .emptying: "the backend is stopped"
        }
    }
}
