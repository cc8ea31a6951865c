import Effects
import Faults
import Glibc
import LiveSupport
import Postgres
import TestSupport
import Testing

@Suite struct CopyInTests {
    private static let script = """
        CREATE TABLE public.source AS
            SELECT n AS id, repeat(chr(33 + n), n * n) AS t, decode(repeat('00ff0a5c', n % 50), 'hex') AS b
            FROM generate_series(1, 60) n;
        CREATE TABLE public.target (LIKE public.source);
        CREATE TABLE public.strict (id int PRIMARY KEY, secret text CHECK (secret <> 'forbidden'), n numeric(3, 1));
        """
    private static let into = "COPY public.strict FROM STDIN"

    private func prepared(_ body: (Connection, Endpoint) throws -> Void) throws {
        try LiveServer.withDatabase { connection, endpoint in
            try connection.execute(script: Self.script)
            try body(connection, endpoint)
        }
    }

    private func put(_ text: String, _ copy: CopyIn) throws {
        try Array(text.utf8).withUnsafeBytes { try copy.put($0) }
    }

    @Test(arguments: ["", " (FORMAT binary)"]) func `a stream may be cut anywhere`(format: String) throws {
        try prepared { connection, _ in
            let from = "COPY (TABLE public.source ORDER BY id) TO STDOUT\(format)"
            let to = "COPY (TABLE public.target ORDER BY id) TO STDOUT\(format)"
            let stream = try connection.messages(from).flatMap { $0 }
            for size in [1, 2, 7, 1000, 65_536, 65_537, 10_000_000] {
                let rows = try connection.copyIn("COPY public.target FROM STDIN\(format)") { copy in
                    for start in stride(from: 0, to: stream.count, by: size) {
                        try stream[start..<min(start + size, stream.count)].withUnsafeBytes { try copy.put($0) }
                    }
                    try copy.put(UnsafeRawBufferPointer(start: nil, count: 0))
                }
                #expect(rows == 60)
                #expect(try connection.messages(to).flatMap { $0 } == stream, "cut every \(size) bytes")
                try connection.query("TRUNCATE public.target")
            }
        }
    }

    @Test func `no rows are no rows`() throws {
        try prepared { connection, _ in
            let rows = try connection.copyIn(Self.into) { _ in }
            #expect(rows == 0)
        }
    }

    private static let refusals = [
        ("1\ta\t1\n1\ts3cret\t1\n", "23505", "table strict, constraint strict_pkey"),
        ("1\tforbidden\t9\n", "23514", "table strict, constraint strict_secret_check"),
        ("\\N\ts3cret\t1\n", "23502", "table strict, column id"), ("s3cret\t\t\n", "22P02", ""),
        ("1\ts3cret\t123456\n", "22003", ""), ("1\ts3cret\n", "22P04", ""), ("1\ts3cret\t1\t2\n", "22P04", ""),
    ]

    @Test func `a row that is refused is reported by its place, never by its values`() throws {
        try prepared { connection, _ in
            for (stream, state, place) in Self.refusals {
                let found = try fault { _ = try connection.load(Array(stream.utf8), Self.into) }
                #expect(found == .badData(sqlState: state, place: place))
                let text = found.map { FaultRenderer.text($0) } ?? ""
                for value in ["s3cret", "forbidden", "123456"] { #expect(!text.contains(value)) }
                #expect(try connection.number("SELECT count(*) AS n FROM public.strict") == 0)
            }
        }
    }

    @Test func `a refusal in the middle of a long stream ends it`() throws {
        try prepared { connection, _ in
            let line = Array("1\tx\t1\n".utf8)
            var pieces = 0
            let found = try code {
                _ = try connection.copyIn(Self.into) { copy in
                    for _ in 0..<1_000_000 {
                        try line.withUnsafeBytes { try copy.put($0) }
                        pieces += 1
                        // Gives the server the time to say what it knows since the second line.
                        if pieces % 10_000 == 0 { usleep(1000) }
                    }
                }
            }
            #expect(found == "postgres.bad-data" && pieces < 1_000_000)
            #expect(try connection.number("SELECT count(*) AS n FROM public.strict") == 0)
        }
    }

    struct Stop: Error {}

    @Test func `an error of the writer drops the rows and leaves the session usable`() throws {
        try prepared { connection, _ in
            #expect(throws: Stop.self) {
                _ = try connection.copyIn(Self.into) { copy in
                    try put("1\ta\t1\n", copy)
                    throw Stop()
                }
            }
            let rows = try connection.number("SELECT count(*) AS n FROM public.strict")
            #expect(rows == 0 && connection.transactionStatus == .idle)
        }
    }

    @Test func `giving up drops the rows, and may be done twice`() throws {
        try prepared { connection, _ in
            let copy = try connection.copyIn(Self.into)
            try put("1\ta\t1\n", copy)
            try copy.fail("enough")
            try copy.fail("again")
            #expect(try connection.number("SELECT count(*) AS n FROM public.strict") == 0)
        }
    }

    @Test func `giving up after the stream was refused tells the refusal`() throws {
        try prepared { connection, _ in
            let copy = try connection.copyIn(Self.into)
            // Whether the server's refusal or ours comes first is the server's affair, and so is whether it comes while we
            // still write; the session is usable either way.
            do {
                try put("1\tforbidden\t1\n", copy)
                try copy.fail("enough")
            } catch let error as PostgresFault { #expect(error.code == "postgres.bad-data") }
            #expect(try connection.number("SELECT count(*) AS n FROM public.strict") == 0)
        }
    }

    @Test func `a copy that is forgotten closes the session`() throws {
        try prepared { connection, _ in
            _ = try connection.copyIn(Self.into)
            #expect(connection.transactionStatus == .unknown)
            #expect(try code { try connection.query("SELECT 1") } == "postgres.connection-lost")
        }
    }

    @Test func `a session that the server ends during the copy is a lost connection`() throws {
        try prepared { killer, endpoint in
            let connection = try LiveServer.connect(endpoint)
            let found = try fault {
                _ = try connection.copyIn(Self.into) { copy in
                    try put("1\ta\t1\n", copy)
                    try killer.query("SELECT pg_terminate_backend(\(connection.backendPID)::int, 10000)")
                    for id in 2...100_000 { try put("\(id)\ta\t1\n", copy) }
                }
            }
            #expect(found?.code == "postgres.connection-lost")
            #expect(try killer.number("SELECT count(*) AS n FROM public.strict") == 0)
        }
    }

    @Test func `a session that the server ends before the last word is a lost connection`() throws {
        try prepared { killer, endpoint in
            let connection = try LiveServer.connect(endpoint)
            let copy = try connection.copyIn(Self.into)
            try put("1\ta\t1\n", copy)
            try killer.query("SELECT pg_terminate_backend(\(connection.backendPID)::int, 10000)")
            #expect(try code { _ = try copy.finish() } == "postgres.connection-lost")
        }
    }

    @Test func `a statement that is no COPY FROM is a fault, and leaves the session usable`() throws {
        try prepared { connection, _ in
            for statement in ["SELECT 1", "COPY nothing FROM STDIN", "COPY public.strict TO STDOUT"] {
                let found = try code { _ = try connection.copyIn(statement) }
                #expect(["postgres.unexpected-answer", "postgres.statement-failed"].contains(found))
                #expect(try connection.number("SELECT 1 AS n") == 1)
            }
        }
    }

    @Test func `an injected failure is a lost connection, and stores nothing`() throws {
        try prepared { watcher, endpoint in
            for (kind, position) in [
                (FailingObserver.Kind.failsBefore, 1), (.failsAfter, 1), (.failsAfter, 2), (.failsBefore, 3),
            ] {
                let observer = FailingObserver(at: position, kind: kind, error: EPIPE) { $0.kind == .copyIn }
                let connection = try LiveServer.connect(endpoint, effects: Effects(observer: observer))
                let found = try code {
                    _ = try connection.copyIn(Self.into) { copy in
                        try put("1\ta\t1\n", copy)
                        try put("2\ta\t1\n", copy)
                    }
                }
                #expect(found == "postgres.connection-lost")
                #expect(try watcher.number("SELECT count(*) AS n FROM public.strict") == 0)
            }
        }
    }
}
