import Effects
import LiveSupport
import Postgres
import Testing

@Suite struct SnapshotWorkerTests {
    private func withLeader(_ body: (SnapshotLeader, Connection, Connection) throws -> Void) throws {
        try LiveServer.withDatabase { other, endpoint in
            try other.execute(
                script: "CREATE TABLE public.t AS SELECT generate_series(1, 5) AS a; CREATE SEQUENCE public.s")
            let leader = try SnapshotLeader.take(
                on: try LiveServer.connect(endpoint), side: try LiveServer.connect(endpoint))
            try body(leader, try LiveServer.connect(endpoint, role: "worker"), other)
        }
    }

    @Test func `a worker sees what the leader saw, whatever happened since`() throws {
        try withLeader { leader, connection, other in
            try other.execute(script: "INSERT INTO public.t VALUES (6); DELETE FROM public.t WHERE a < 3")
            let worker = try SnapshotWorker(joining: leader.snapshot, on: connection)
            #expect(try worker.connection.number("SELECT sum(a) AS n FROM public.t") == 15)
            try worker.end()
            #expect(connection.transactionStatus == .idle)
            #expect(try connection.number("SELECT sum(a) AS n FROM public.t") == 18)
        }
    }

    @Test func `a worker locks only what it reads, and gives it back after so many tables`() throws {
        try withLeader { leader, connection, other in
            try leader.connection.query("COMMIT")
            try other.query("CREATE TABLE public.u (a int)")
            let leader = try SnapshotLeader.take(on: leader.connection, side: try LiveServer.connect(other.endpoint))
            let worker = try SnapshotWorker(joining: leader.snapshot, on: connection)
            let locked = {
                try other.number(
                    """
                    SELECT count(*) AS n FROM pg_locks
                    WHERE pid = \(connection.backendPID)::int AND locktype = 'relation' AND relation >= 16384
                    """)
            }
            #expect(try locked() == 0)
            try worker.prepare(for: 1)
            _ = try connection.messages("COPY public.t TO STDOUT")
            #expect(try locked() == 1)
            for table in 2...UInt32(SnapshotWorker.tablesPerTransaction) { try worker.prepare(for: table) }
            try worker.prepare(for: 1)
            #expect(try locked() == 1)
            try worker.prepare(for: UInt32(SnapshotWorker.tablesPerTransaction + 1))
            #expect(try locked() == 0)
            // It is the same snapshot again.
            try other.query("INSERT INTO public.t VALUES (6)")
            #expect(try connection.messages("COPY public.t TO STDOUT").count == 5)
            try worker.end()
        }
    }

    @Test func `a snapshot that is gone, or never was, is a fault`() throws {
        try withLeader { leader, connection, _ in
            try leader.end()
            for snapshot in [leader.snapshot, "nonsense", "", "00000003-0000001B-1'; --"] {
                let found = try code {
                    _ = try SnapshotWorker(joining: snapshot, on: connection)
                }
                #expect(found == "postgres.snapshot-gone", "\(snapshot)")
                #expect(connection.transactionStatus == .idle)
            }
        }
    }

    // What would happen without a limit: the worker waits for the ALTER TABLE, that for the leader, the leader for us.
    @Test func `a worker does not queue behind a change that waits for the leader`() throws {
        try withLeader { leader, connection, other in
            let altering = try LiveServer.connect(other.endpoint), pid = altering.backendPID
            let endpoint = other.endpoint, asked = Cancellation()
            // The waiting session belongs to a thread of its own; ending the leader lets it go.
            try Threads.run(
                1,
                supervise: {
                    defer { do { try leader.end() } catch { Issue.record("\(error)") } }
                    _ = try Cancellation().wait(for: asked.descriptor, events: 1, milliseconds: 10_000)
                    try wait(for: "the ALTER TABLE to wait") {
                        try other.number(
                            "SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                        ) == 1
                    }
                    _ = try SnapshotWorker(joining: leader.snapshot, on: connection, lockWait: 50)
                    let found = try code { _ = try connection.messages("COPY public.t TO STDOUT") }
                    #expect(found == "postgres.lock-not-available")
                }
            ) { _ in
                asked.cancel()
                try LiveServer.connect(endpoint).query("ALTER TABLE public.t ADD b int")
            }
            #expect(pid > 0)
        }
    }
}
