import Effects
import LiveSupport
import Testing

@testable import Postgres

@Suite struct LockMonitorTests {
    /// A session holds ACCESS SHARE on a table; others, each on a thread of its own, run `statements` and wait for it.
    /// `look` runs when that many wait.
    private func waiting(
        _ statements: [String], as user: String? = nil,
        look: (LockMonitor, _ holder: Int32, Connection) throws -> Void
    ) throws {
        try LiveServer.withDatabase { holder, endpoint in
            try holder.execute(
                script: """
                    CREATE SCHEMA "sch""ema"; CREATE TABLE "sch""ema"."ta ble" (a int); CREATE TABLE public.other (a int)
                    """)
            try holder.execute(script: "BEGIN; LOCK TABLE \"sch\"\"ema\".\"ta ble\" IN ACCESS SHARE MODE")
            let observer = try LiveServer.connect(endpoint)
            var viewer = endpoint
            if let user { viewer.user = user }
            let monitor = LockMonitor(connection: try LiveServer.connect(viewer))
            try Threads.run(
                statements.count,
                supervise: {
                    // Lets the waiting sessions go whatever happens here.
                    defer { holder.close() }
                    try wait(for: "\(statements.count) sessions to wait") {
                        try observer.number(
                            """
                            SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND waitstart IS NOT NULL
                            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                            """) == statements.count
                    }
                    try look(monitor, holder.backendPID, observer)
                }
            ) { index in
                let session = try LiveServer.connect(endpoint, role: "waiter \(index)")
                // One after the other, so that the first has waited longest.
                if index > 0 {
                    let own = try LiveServer.connect(endpoint)
                    try wait(for: "the session before") {
                        try own.number(
                            """
                            SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()
                            AND application_name = \("infisical-ops waiter \(index - 1)") AND wait_event_type = 'Lock'
                            """) == 1
                    }
                }
                try session.query(SQL(raw: statements[index]))
            }
        }
    }

    @Test func `nobody waits`() throws {
        try LiveServer.withDatabase { connection, endpoint in
            let monitor = LockMonitor(connection: try LiveServer.connect(endpoint))
            #expect(try monitor.longestWait(behind: [connection.backendPID]) == nil)
            #expect(try monitor.longestWait(behind: []) == nil)
        }
    }

    @Test func `a change that waits for us is named, with its table and how long it waits`() throws {
        try waiting(["alter   table \"sch\"\"ema\".\"ta ble\" add s3cret int"]) { monitor, holder, observer in
            let first = try #require(try monitor.longestWait(behind: [holder]))
            #expect(first.command == "ALTER TABLE" && first.mode == "AccessExclusiveLock")
            #expect(first.relation == "\"sch\"\"ema\".\"ta ble\"" && first.applicationName == "infisical-ops waiter 0")
            #expect(first.pid > 0 && first.pid != holder && first.seconds >= 0)
            try wait(for: "the wait to grow") {
                try monitor.longestWait(behind: [holder])?.seconds ?? 0 > first.seconds + 0.2
            }
            #expect(try monitor.longestWait(behind: [observer.backendPID]) == nil)
            #expect(try monitor.longestWait(behind: [holder, first.pid]) == nil)
        }
    }

    @Test func `of several that wait the one that came first is named`() throws {
        let statements = [
            "TRUNCATE \"sch\"\"ema\".\"ta ble\"", "SELECT count(*) FROM \"sch\"\"ema\".\"ta ble\"",
            "DROP TABLE \"sch\"\"ema\".\"ta ble\"",
        ]
        try waiting(statements) { monitor, holder, _ in
            let found = try monitor.longestWait(behind: [0, holder])
            #expect(found?.command == "TRUNCATE" && found?.applicationName == "infisical-ops waiter 0")
        }
    }

    @Test func `a user who may not see other sessions' statements still learns that one waits`() throws {
        let administrator = try LiveServer.connect(LiveServer.get().endpoint())
        try administrator.query("CREATE ROLE onlooker LOGIN")
        defer { do { try administrator.query("DROP ROLE onlooker") } catch { Issue.record("\(error)") } }
        try waiting(["VACUUM FULL \"sch\"\"ema\".\"ta ble\""], as: "onlooker") { monitor, holder, _ in
            let found = try #require(try monitor.longestWait(behind: [holder]))
            #expect(found.command == "a statement that cannot be seen" && found.mode == "AccessExclusiveLock")
            #expect(found.relation == "\"sch\"\"ema\".\"ta ble\"")
        }
    }

    @Test func `our sessions can be ended, and only ours`() throws {
        try waiting(["DROP TABLE \"sch\"\"ema\".\"ta ble\""]) { monitor, holder, observer in
            let found = try #require(try monitor.longestWait(behind: [holder]))
            try monitor.end([], and: "infisical-ops nobody", before: found)
            #expect(try monitor.longestWait(behind: [holder]) != nil)
            // The holder is of this application, and stands in the way.
            try monitor.end([], and: "infisical-ops test", before: found)
            try wait(for: "the change to go on") { try monitor.longestWait(behind: [holder]) == nil }
            #expect(try observer.number("SELECT 1 AS n") == 1)
        }
    }

    @Test(arguments: [
        ("ALTER TABLE s3cret ADD x int", "ALTER TABLE"), ("alter\n\ttable x", "ALTER TABLE"),
        ("TRUNCATE s3cret", "TRUNCATE"),
        ("CREATE INDEX s3cret ON t (a)", "CREATE INDEX"), ("CREATE UNIQUE INDEX s3cret", "CREATE UNIQUE"),
        ("VACUUM FULL t", "VACUUM FULL"), ("vacuum(full) t", "VACUUM"), ("LOCK TABLE s3cret", "LOCK TABLE"),
        ("REFRESH MATERIALIZED VIEW x", "REFRESH MATERIALIZED"), ("CLUSTER", "CLUSTER"), ("DROP TABLE;", "DROP TABLE"),
        ("", "a statement that cannot be seen"), ("<insufficient privilege>", "a statement that cannot be seen"),
        ("-- s3cret\nDROP TABLE x", "a statement that cannot be seen"),
        ("/* s3cret */ DROP TABLE x", "a statement that cannot be seen"), ("UPDATE s3cret SET a = 1", "UPDATE"),
    ]) func `of a statement only what it does is told`(query: String, words: String) {
        #expect(LockMonitor.command(of: query) == words)
    }
}
