import Effects
import LiveSupport
import Postgres
import TestSupport
import Testing

@Suite("A statement that runs beside its caller")
struct RunningStatementTests {
    @Test func `it is finished later, and the session goes on`() throws {
        try LiveServer.withDatabase { connection, _ in
            try connection.start("SELECT pg_catalog.pg_sleep(0.05), 7 AS number")
            #expect(connection.transactionStatus == .active)
            #expect(try connection.finishRunning().only().integer("number") == 7)
            #expect(try connection.query("SELECT 8 AS number").only().integer("number") == 8)
        }
    }

    @Test func `what fails is told when it is finished`() throws {
        try LiveServer.withDatabase { connection, _ in
            try connection.query("BEGIN")
            try connection.start("SELECT 1 / 0")
            #expect(throws: PostgresFault.self) { try connection.finishRunning() }
            #expect(connection.transactionStatus == .failed)
            try connection.query("ROLLBACK")
        }
    }
}
