import Effects
import LiveSupport
import Postgres
import Testing

@Suite struct SnapshotWorkerTests {
    private let hasty = LockPatience(attempts: 2, pause: 10)

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
            let worker = try SnapshotWorker.join(leader.snapshot, locking: leader.relations, on: connection)
            #expect(try worker.connection.number("SELECT sum(a) AS n FROM public.t") == 15)
            try worker.end()
            #expect(connection.transactionStatus == .idle)
            #expect(try connection.number("SELECT sum(a) AS n FROM public.t") == 18)
        }
    }

    @Test func `a worker holds its own locks`() throws {
        try withLeader { leader, connection, other in
            let worker = try SnapshotWorker.join(leader.snapshot, locking: leader.relations, on: connection)
            try leader.end()
            try other.query("SET lock_timeout = '50ms'")
            #expect(try code { try other.query("TRUNCATE public.t") } == "postgres.lock-not-available")
            try worker.end()
        }
    }

    @Test func `a snapshot that is gone, or never was, is a fault`() throws {
        try withLeader { leader, connection, _ in
            try leader.end()
            for snapshot in [leader.snapshot, "nonsense", "", "00000003-0000001B-1'; --"] {
                let found = try code {
                    _ = try SnapshotWorker.join(snapshot, locking: leader.relations, on: connection)
                }
                #expect(found == "postgres.snapshot-gone", "\(snapshot)")
                #expect(connection.transactionStatus == .idle)
            }
        }
    }

    // What would happen without NOWAIT: the worker waits for the ALTER TABLE, that for the leader, the leader for us.
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
                    let found = try fault {
                        _ = try SnapshotWorker.join(
                            leader.snapshot, locking: leader.relations, on: connection, patience: hasty)
                    }
                    #expect(found?.code == "postgres.locks-not-available")
                    #expect(found?.message.contains("2 attempts") == true)
                    #expect(connection.transactionStatus == .idle)
                }
            ) { _ in
                asked.cancel()
                try LiveServer.connect(endpoint).query("ALTER TABLE public.t ADD b int")
            }
            #expect(pid > 0)
        }
    }

    @Test func `a run that is cancelled does not wait for a lock`() throws {
        try withLeader { leader, connection, other in
            let cancellation = Cancellation()
            let cancelled = try LiveServer.connect(other.endpoint, cancellation: cancellation)
            cancellation.cancel()
            let found = try code {
                _ = try SnapshotWorker.join(leader.snapshot, locking: leader.relations, on: cancelled)
            }
            #expect(found == "postgres.interrupted")
        }
    }

    @Test func `a table that is gone is a fault of the statement`() throws {
        try withLeader { leader, connection, other in
            let relations = leader.relations
            try leader.end()
            try other.query("DROP TABLE public.t")
            try connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ")
            let snapshot = try connection.text("SELECT pg_export_snapshot() AS t") ?? ""
            let found = try code {
                _ = try SnapshotWorker.join(
                    snapshot, locking: relations, on: try LiveServer.connect(other.endpoint))
            }
            #expect(found == "postgres.statement-failed")
        }
    }
}
