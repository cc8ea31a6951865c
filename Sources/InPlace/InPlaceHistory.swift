/// What a journal of restores in place comes to: the work that is open, and the last exchange of each instance.
package struct InPlaceHistory: Equatable, Sendable {
    /// A work that has begun and not ended.
    package struct OpenWork: Equatable, Sendable {
        package let work: InPlaceWork
        package let state: InPlaceMachine.State

        /// At its first state.
        package init(_ work: InPlaceWork) { self.init(work, work.ownsCopy ? .copying : .stopping) }

        init(_ work: InPlaceWork, _ state: InPlaceMachine.State) {
            self.work = work
            self.state = state
        }
    }

    package private(set) var open: OpenWork?
    /// The last exchange of every database that has one, the latest last; older ones cannot be undone any more.
    package private(set) var exchanges: [InPlaceRecord.Exchange] = []

    package init() {}

    package init(_ records: [InPlaceRecord]) {
        for record in records { add(record) }
    }

    package mutating func add(_ record: InPlaceRecord) {
        switch record {
        case .earlier(let exchange): note(exchange)
        case .began(let work): open = OpenWork(work)
        case .entered(let state):
            guard let work = open?.work else { return }
            // From here on the names are others, whatever becomes of the rest.
            if [.emptying, .starting, .exchanged].contains(state) {
                note(.init(work))
            }
            open = state == .undone || state == .exchanged ? nil : OpenWork(work, state)
        }
    }

    /// The last exchange of a database.
    package func lastExchange(of live: String, on server: DatabaseServer) -> InPlaceRecord.Exchange? {
        exchanges.last { $0.live == live && $0.server.isSame(as: server) }
    }

    /// What a new journal begins with, so that it does not grow from run to run.
    package var digest: [InPlaceRecord] { exchanges.map(InPlaceRecord.earlier) }

    private mutating func note(_ exchange: InPlaceRecord.Exchange) {
        exchanges.removeAll { $0.live == exchange.live && $0.server.isSame(as: exchange.server) }
        exchanges.append(exchange)
    }
}
