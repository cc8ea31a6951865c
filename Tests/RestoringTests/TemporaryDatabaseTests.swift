import Effects
import LiveSupport
import Synchronization
import Testing

@testable import Postgres
@testable import Restoring

@Suite struct TemporaryDatabaseTests {
    /// Ends a session when somebody waits for the first time.
    private final class Ending: EffectObserver {
        // Only the thread that waits touches it.
        nonisolated(unsafe) private let session: Connection
        private let waits = Atomic<Int>(0)
        var count: Int { waits.load(ordering: .relaxed) }

        init(_ session: Connection) { self.session = session }

        func before(_ effect: Effect) -> Int32? {
            if effect.kind == .sleep, waits.add(1, ordering: .relaxed).newValue == 1 { session.close() }
            return nil
        }

        func after(_ effect: Effect) -> Int32? { nil }
    }

    @Test func `a session that is just ending is waited for, shorter than the server would`() throws {
        let server = try LiveServer.get(), name = try LiveServer.makeDatabase()
        let session = try LiveServer.connect(server.endpoint(database: name))
        let ending = Ending(session)
        let connection = try Connection.open(
            server.endpoint(), role: "test", use: .writing, effects: Effects(observer: ending),
            cancellation: Cancellation())
        defer { connection.close() }
        try TemporaryDatabase.publish(name, as: name + "_r", connection, Cancellation())
        #expect((1...25).contains(ending.count))
        #expect(try TargetDatabase.exists(name + "_r", connection))
        try LiveServer.drop(name + "_r")
    }
}
