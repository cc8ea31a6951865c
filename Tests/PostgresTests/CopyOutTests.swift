import Effects
import Glibc
import LiveSupport
import TestSupport
import Testing

@testable import Postgres

@Suite struct CopyOutTests {
    private static let header = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    /// Far more than the socket holds, so that the server still sends when the reader stops.
    private static let endless = "COPY (SELECT repeat('x', 1000), n FROM generate_series(1, 10000000) n) TO STDOUT"

    private func isUsable(_ connection: Connection) throws -> Bool {
        try connection.transactionStatus == .idle && connection.number("SELECT 1 AS n") == 1
    }

    @Test func `a text row is one message with its line end`() throws {
        try LiveServer.withDatabase { connection, _ in
            let messages = try connection.messages("COPY (VALUES ('a', 1), (E'x\\ny', NULL)) TO STDOUT")
            #expect(messages.map { String(decoding: $0, as: UTF8.self) } == ["a\t1\n", "x\\ny\t\\N\n"])
        }
    }

    // Whether the header is a message of its own is the server's affair.
    @Test func `a binary row is one message, behind the header and before the trailer`() throws {
        try LiveServer.withDatabase { connection, _ in
            var messages = try connection.messages(
                "COPY (VALUES (1::int2), (NULL), (2::int2)) TO STDOUT (FORMAT binary)")
            #expect(messages[0].starts(with: Self.header))
            messages[0].removeFirst(Self.header.count)
            #expect(
                messages.filter { !$0.isEmpty } == [
                    [0, 1, 0, 0, 0, 2, 0, 1], [0, 1, 0xff, 0xff, 0xff, 0xff], [0, 1, 0, 0, 0, 2, 0, 2], [0xff, 0xff],
                ])
            let none = try connection.messages("COPY (SELECT 1 WHERE false) TO STDOUT (FORMAT binary)")
            #expect(none.flatMap { $0 } == Self.header + [0xff, 0xff])
        }
    }

    @Test(arguments: [0, Connection.copyPause]) func `the summary counts rows by the server's count, and bytes`(
        pause: Int
    ) throws {
        try LiveServer.withDatabase { connection, _ in
            var bytes: UInt64 = 0
            let summary = try connection.copyOut(
                "COPY (SELECT n, repeat('y', n % 300) FROM generate_series(1, 20000) n) TO STDOUT", pause: pause
            ) { bytes += UInt64($0.count) }
            #expect(summary == CopyOutSummary(rows: 20_000, bytes: bytes) && bytes > 3_000_000)
            #expect(
                try connection.copyOut("COPY (SELECT 1 WHERE false) TO STDOUT") { _ in } == .init(rows: 0, bytes: 0))
            #expect(try isUsable(connection))
        }
    }

    @Test func `a row of 50 MB is one message`() throws {
        try LiveServer.withDatabase { connection, _ in
            var sizes: [Int] = []
            try connection.copyOut(
                "COPY (SELECT repeat('0123456789', 5242880) UNION ALL SELECT 'z') TO STDOUT"
            ) { sizes.append($0.count) }
            #expect(sizes == [52_428_801, 2])
        }
    }

    struct Stop: Error {}

    @Test func `an error of the reader is passed on, and leaves the session usable`() throws {
        try LiveServer.withDatabase { connection, _ in
            for failing in [1, 2, 1000] {
                var count = 0
                #expect(throws: Stop.self) {
                    try connection.copyOut(Self.endless) { _ in
                        count += 1
                        if count == failing { throw Stop() }
                    }
                }
                let isUsable = try isUsable(connection)
                #expect(count == failing && isUsable)
            }
        }
    }

    @Test func `a fault of another session in the reader leaves this one usable too`() throws {
        try LiveServer.withDatabase { connection, endpoint in
            let other = try LiveServer.connect(endpoint)
            let found = try code {
                try connection.copyOut(Self.endless) { _ in try other.query("SELECT nothing") }
            }
            #expect(try found == "postgres.statement-failed" && isUsable(connection))
        }
    }

    @Test func `the reader's error inside a transaction fails the transaction only`() throws {
        try LiveServer.withDatabase { connection, _ in
            #expect(throws: Stop.self) {
                try connection.transaction { try connection.copyOut(Self.endless) { _ in throw Stop() } }
            }
            let isUsable = try isUsable(connection)
            #expect(isUsable)
        }
    }

    @Test func `a cancelled run ends in the middle, and the server forgets the statement`() throws {
        try LiveServer.withDatabase { watcher, endpoint in
            let cancellation = Cancellation()
            let connection = try LiveServer.connect(endpoint, cancellation: cancellation)
            var count = 0
            let found = try code {
                try connection.copyOut(Self.endless) { _ in
                    count += 1
                    if count == 100 { cancellation.cancel(signal: SIGINT) }
                }
            }
            #expect(found == "postgres.interrupted" && count < 1_000_000)
            #expect(connection.transactionStatus == .idle)
            #expect(
                try watcher.number(
                    "SELECT count(*) AS n FROM pg_stat_activity WHERE pid = \(connection.backendPID)::int AND state = 'active'"
                ) == 0)
        }
    }

    @Test func `a cancelled run does not wait for a server that is silent`() throws {
        try LiveServer.withDatabase { watcher, endpoint in
            let cancellation = Cancellation()
            let connection = try LiveServer.connect(endpoint, cancellation: cancellation), pid = connection.backendPID
            try Threads.run(
                1,
                supervise: {
                    let found = try code { try connection.copyOut("COPY (SELECT pg_sleep(60)) TO STDOUT") { _ in } }
                    #expect(found == "postgres.interrupted")
                }
            ) { _ in
                // Joined before this returns, so nobody else uses it meanwhile.
                let own = try LiveServer.connect(endpoint)
                try own.waitUntil(pid, waitsFor: "Timeout")
                cancellation.cancel()
            }
            #expect(try watcher.number("SELECT 1 AS n") == 1)
        }
    }

    @Test func `a session that the server ends in the middle is a lost connection`() throws {
        try LiveServer.withDatabase { killer, endpoint in
            let connection = try LiveServer.connect(endpoint)
            var count = 0
            let found = try fault {
                try connection.copyOut(Self.endless) { _ in
                    count += 1
                    if count == 10 {
                        try killer.query("SELECT pg_terminate_backend(\(connection.backendPID)::int, 10000)")
                    }
                }
            }
            #expect(found?.code == "postgres.connection-lost" && found?.message.contains("during COPY") == true)
            #expect(throws: PostgresFault.self) { try connection.query("SELECT 1") }
        }
    }

    @Test func `a failure of the server in the middle is told without values`() throws {
        try LiveServer.withDatabase { connection, _ in
            var count = 0
            let found = try fault {
                try connection.copyOut("COPY (SELECT ('s3cret' || n)::int FROM generate_series(1, 9) n) TO STDOUT") {
                    _ in count += 1
                }
            }
            #expect(found == .badData(sqlState: "22P02", place: "") && count == 0)
            let later = try code {
                try connection.copyOut("COPY (SELECT 1 / (5000 - n) FROM generate_series(1, 9000) n) TO STDOUT") {
                    _ in count += 1
                }
            }
            #expect(later == "postgres.bad-data" && count > 0)
            #expect(try isUsable(connection))
        }
    }

    @Test func `a statement that is no COPY TO is a fault, and leaves the session usable`() throws {
        try LiveServer.withDatabase { connection, _ in
            try connection.query("CREATE TABLE public.t (a int)")
            for (statement, expected) in [
                ("SELECT 1", "postgres.unexpected-answer"), ("COPY nothing TO STDOUT", "postgres.statement-failed"),
                ("COPY public.t FROM STDIN", "postgres.unexpected-answer"), ("", "postgres.unexpected-answer"),
            ] {
                #expect(try code { try connection.copyOut(statement) { _ in } } == expected, "\(statement)")
                #expect(try isUsable(connection), "\(statement)")
            }
            connection.close()
            #expect(
                try code { try connection.copyOut("COPY public.t TO STDOUT") { _ in } } == "postgres.connection-lost")
        }
    }

    @Test(arguments: [FailingObserver.Kind.failsBefore, .failsAfter])
    func `an injected failure is a lost connection`(kind: FailingObserver.Kind) throws {
        try LiveServer.withDatabase { _, endpoint in
            let observer = FailingObserver(at: 1, kind: kind, error: ECONNRESET) { $0.kind == .copyOut }
            let connection = try LiveServer.connect(endpoint, effects: Effects(observer: observer))
            let found = try fault { try connection.copyOut("COPY (SELECT 1) TO STDOUT") { _ in } }
            #expect(found?.code == "postgres.connection-lost" && found?.message.contains("reset") == true)
        }
    }
}
