import Effects
import Postgres
import Repository

/// A database of the backup as it was restored, and how to open sessions with it.
struct RestoredCopy: Sendable {
    let database: Manifest.Database
    /// As the user who restored it, who has no rights beyond it: what the backup brings along runs with no others.
    let endpoint: Endpoint
    let superuser: Endpoint
    let jobs: Int
    let effects: Effects
    let cancellation: Cancellation

    func open(
        _ role: String, _ cancellation: Cancellation? = nil, use: SessionUse = .reading
    ) throws -> Connection {
        try Connection.open(
            endpoint, role: role, use: use, effects: effects, cancellation: cancellation ?? self.cancellation)
    }

    /// Runs `body` once for each of so many items, over several connections; the run's cancellation ends all.
    func forEach(_ count: Int, _ body: @escaping @Sendable (Int, Connection) throws -> Void) throws {
        let next = Counter(), stop = Cancellation(), ended = Cancellation()
        try Threads.run(
            max(1, min(jobs, count)), onFirstFailure: { stop.cancel() }, ended: ended,
            supervise: {
                // The run's own cancellation ends the wait with an error, which stops the others.
                while !ended.isCancelled { _ = try cancellation.wait(for: ended.descriptor, events: 1) }
            }
        ) { _ in
            let connection = try open("drill", stop)
            defer { connection.close() }
            while let index = next.take(below: count) { try body(index, connection) }
        }
    }
}
