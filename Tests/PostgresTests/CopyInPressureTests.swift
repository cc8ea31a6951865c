import Effects
import Glibc
import LiveSupport
import Postgres
import Testing

/// A `COPY … FROM STDIN` whose server does not read for a while: a trigger waits for an advisory lock.
@Suite struct CopyInPressureTests {
    private static let script = """
        CREATE TABLE public.slow (a text);
        CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$;
        CREATE TRIGGER hold BEFORE INSERT ON public.slow FOR EACH ROW EXECUTE FUNCTION public.hold();
        """
    /// More than the sockets and libpq hold.
    private static let line = [UInt8](repeating: 0x78, count: 1_000_000) + [0x0a]
    private static let lines = 30

    /// Runs the copy on this thread, and `release` beside it, when the server stands still.
    private func copying(
        _ cancellation: Cancellation, release: @escaping @Sendable (Connection) throws -> Void,
        _ check: (Result<Int64, any Error>, Connection) throws -> Void
    ) throws {
        try LiveServer.withDatabase { holder, endpoint in
            try holder.execute(script: Self.script)
            let connection = try LiveServer.connect(endpoint, cancellation: cancellation), pid = connection.backendPID
            var result: Result<Int64, any Error>?
            try Threads.run(
                1,
                supervise: {
                    try holder.query("SELECT pg_advisory_lock(1)")
                    result = Result {
                        try connection.copyIn("COPY public.slow FROM STDIN") { copy in
                            for _ in 0..<Self.lines { try Self.line.withUnsafeBytes { try copy.put($0) } }
                        }
                    }
                }
            ) { _ in
                let other = try LiveServer.connect(endpoint)
                try other.waitUntil(pid, waitsFor: "Lock")
                try release(other)
            }
            try check(try #require(result), holder)
        }
    }

    @Test func `a server that reads slowly is waited for`() throws {
        let release: @Sendable (Connection) throws -> Void = { other in
            try other.query(
                """
                SELECT pg_terminate_backend(pid, 10000) FROM pg_locks
                WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """)
        }
        try copying(Cancellation(), release: release) { result, _ in
            let rows = try result.get()
            #expect(rows == Int64(Self.lines))
        }
    }

    @Test func `a cancelled run does not wait for a server that does not read`() throws {
        let cancellation = Cancellation()
        let clock = SystemClock(), start = clock.monotonic()
        try copying(cancellation, release: { _ in cancellation.cancel() }) { result, holder in
            let found = try code { _ = try result.get() }
            #expect(found == "postgres.interrupted")
            #expect(try holder.number("SELECT count(*) AS n FROM public.slow") == 0)
        }
        #expect(clock.monotonic() - start < 30_000_000_000)
    }
}
