import Effects
import LiveSupport
import Postgres
import TestSupport
import Testing

@Suite struct SnapshotLeaderTests {
    private static let script = """
        CREATE TABLE public.one (a int); INSERT INTO public.one SELECT generate_series(1, 10);
        CREATE TABLE public.two (a int); INSERT INTO public.two SELECT generate_series(1, 20);
        CREATE TABLE public.parts (a int) PARTITION BY LIST (a);
        CREATE TABLE public.part PARTITION OF public.parts DEFAULT; INSERT INTO public.parts VALUES (1);
        CREATE VIEW public.looks AS SELECT a FROM public.one; CREATE SEQUENCE public.counts;
        """
    private let hasty = LockPatience(attempts: 3, pause: 10)

    /// Lends a leader's session, the session beside it, and one that changes tables.
    private func sessions(_ body: (Connection, Connection, Connection) throws -> Void) throws {
        try LiveServer.withDatabase { changer, endpoint in
            try changer.execute(script: Self.script)
            try body(
                try LiveServer.connect(endpoint, role: "leader"), try LiveServer.connect(endpoint, role: "monitor"),
                changer)
        }
    }

    @Test func `everything is listed, tables are locked, blocks are counted, and all is of one moment`() throws {
        try sessions { connection, side, changer in
            let leader = try SnapshotLeader.take(on: connection, side: side)
            #expect(leader.relations.map(\.name) == ["counts", "looks", "one", "part", "parts", "two"])
            let locked = try changer.query(
                """
                SELECT c.relname AS name FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                WHERE l.pid = \(connection.backendPID)::int AND l.mode = 'AccessShareLock' AND c.relnamespace = 'public'::regnamespace
                ORDER BY 1
                """)
            #expect(try locked.map { try $0.string("name") } == ["one", "part", "parts", "two"])
            let one = try #require(leader.relations.first { $0.name == "one" })
            let sizes = try leader.survey().sizes
            #expect(sizes[one.oid] == TableSize(heap: 1, toast: 0) && sizes.count == 3)
            try changer.query("INSERT INTO public.one VALUES (11)")
            #expect(try connection.number("SELECT count(*) AS n FROM public.one") == 10)
            try leader.check()
            try leader.end()
            #expect(connection.transactionStatus == .idle)
        }
    }

    static let changes = [
        ("TRUNCATE public.one", "was truncated or rewritten", 0),
        ("ALTER TABLE public.one ADD b float DEFAULT random()", "was truncated or rewritten", 10),
        ("VACUUM FULL public.one", "was truncated or rewritten", 10),
        ("DROP TABLE public.one CASCADE; CREATE TABLE public.one AS SELECT 7 AS a", "was created", 1),
        ("DROP TABLE public.one CASCADE", "was dropped or renamed", -1),
        ("ALTER TABLE public.one RENAME TO uno", "was dropped or renamed", -1),
        ("ALTER TABLE public.one SET SCHEMA other", "was dropped or renamed", -1),
        ("CREATE TABLE public.more (a int)", "was created", 10),
    ]

    /// Changes a table once, in the moment between the first list and the locks.
    private func leader(
        after change: String, _ connection: Connection, _ side: Connection, _ changer: Connection
    ) throws -> (leader: SnapshotLeader, attempts: Int) {
        try changer.query("CREATE SCHEMA other")
        var calls = 0, attempts = 0
        let leader = try SnapshotLeader.take(
            on: connection, side: side, patience: hasty,
            testOnlyBetweenSteps: { () throws(PostgresFault) in
                calls += 1
                // The step before the locks is the one in which the session has not begun its transaction.
                if connection.transactionStatus == .idle { attempts += 1 }
                if calls == 1 {
                    for statement in change.split(separator: "; ") { try changer.query(SQL(raw: String(statement))) }
                }
            })
        return (leader, attempts)
    }

    @Test(arguments: changes.indices)
    func `what changes between the list and the locks starts everything over`(index: Int) throws {
        let (change, _, rows) = Self.changes[index]
        try sessions { connection, side, changer in
            let (leader, attempts) = try leader(after: change, connection, side, changer)
            #expect(attempts == 2)
            let listed = leader.relations.filter { $0.schema == "public" && $0.name == "one" }
            if rows < 0 {
                #expect(listed.isEmpty)
            } else {
                #expect(listed.map(\.fileNode) == (try [changer.relation("one").fileNode]))
                #expect(try connection.number("SELECT count(*) AS n FROM public.one") == rows)
            }
            #expect(leader.relations.contains { $0.name == "more" } == change.contains("more"))
        }
    }

    @Test func `a column that was added in between is in the list`() throws {
        try sessions { connection, side, changer in
            let (leader, _) = try leader(after: "ALTER TABLE public.one ADD b text", connection, side, changer)
            let listed = try leader.survey().relations
            #expect(listed.first { $0.name == "one" }?.columns.map(\.name) == ["a", "b"])
        }
    }

    // No other session can rewrite a locked table any more, but a new one can appear.
    @Test func `a table that is made between the locks and the snapshot starts everything over`() throws {
        try sessions { connection, side, changer in
            var isMade = false, exported: [String] = []
            let leader = try SnapshotLeader.take(
                on: connection, side: side, patience: hasty, exported: { exported.append($0) },
                testOnlyBetweenSteps: { () throws(PostgresFault) in
                    if connection.transactionStatus == .inTransaction && !isMade {
                        isMade = true
                        try changer.query("CREATE TABLE public.late (a int)")
                    }
                })
            #expect(isMade && leader.relations.contains { $0.name == "late" })
            // Whoever began with the first one is told.
            #expect(exported.count == 2 && exported.last == leader.snapshot)
        }
    }

    @Test(arguments: [
        ("TRUNCATE public.one", "\"public\".\"one\" was truncated or rewritten"),
        ("VACUUM FULL public.parts, public.one", "was truncated or rewritten"),
    ]) func `relations that never rest are named`(change: String, words: String) throws {
        try sessions { connection, side, changer in
            let found = try fault {
                _ = try SnapshotLeader.take(
                    on: connection, side: side, patience: hasty, restarts: 2,
                    testOnlyBetweenSteps: { () throws(PostgresFault) in
                        if connection.transactionStatus == .idle { try changer.query(SQL(raw: change)) }
                    })
            }
            #expect(found?.code == "postgres.relations-keep-changing")
            #expect(found?.message.contains("2 attempts") == true && found?.message.contains(words) == true)
            #expect(connection.transactionStatus == .idle)
        }
    }

    @Test func `a table that cannot be locked is a fault, and nothing stays locked`() throws {
        try sessions { connection, side, changer in
            try changer.execute(script: "BEGIN; LOCK TABLE public.two")
            let found = try fault { _ = try SnapshotLeader.take(on: connection, side: side, patience: hasty) }
            #expect(found?.code == "postgres.locks-not-available")
            #expect(found?.message.contains("3 attempts") == true && found?.message.contains("two") == true)
            #expect(connection.transactionStatus == .idle)
            #expect(
                try side.number(
                    "SELECT count(*) AS n FROM pg_locks WHERE pid = \(connection.backendPID)::int AND locktype = 'relation'"
                )
                    == 0)
        }
    }

    @Test func `a lock that is given back in time is waited for`() throws {
        try LiveServer.withDatabase { watcher, endpoint in
            try watcher.execute(script: Self.script)
            let leader = try LiveServer.connect(endpoint), pid = leader.backendPID
            let isLocked = Cancellation()
            try Threads.run(
                1,
                supervise: {
                    _ = try Cancellation().wait(for: isLocked.descriptor, events: 1, milliseconds: 10_000)
                    let taken = try SnapshotLeader.take(
                        on: leader, side: watcher, patience: LockPatience(attempts: 1000, pause: 10))
                    #expect(taken.relations.contains { $0.name == "two" })
                }
            ) { _ in
                let holder = try LiveServer.connect(endpoint), observer = try LiveServer.connect(endpoint)
                try holder.execute(script: "BEGIN; LOCK TABLE public.two")
                isLocked.cancel()
                // Its first attempt has failed when it rests after a ROLLBACK.
                try wait(for: "an attempt to fail") {
                    try observer.number(
                        "SELECT count(*) AS n FROM pg_stat_activity WHERE pid = \(pid)::int AND query = 'ROLLBACK'")
                        == 1
                }
                try holder.query("COMMIT")
            }
        }
    }

    @Test func `a run that is cancelled does not wait for a lock`() throws {
        try sessions { _, side, changer in
            let cancellation = Cancellation()
            let connection = try LiveServer.connect(side.endpoint, cancellation: cancellation)
            try changer.execute(script: "BEGIN; LOCK TABLE public.two")
            let found = try code {
                _ = try SnapshotLeader.take(
                    on: connection, side: side, patience: LockPatience(attempts: 1_000_000, pause: 60_000),
                    testOnlyBetweenSteps: { () throws(PostgresFault) in cancellation.cancel() })
            }
            #expect(found == "postgres.interrupted")
        }
    }
}
