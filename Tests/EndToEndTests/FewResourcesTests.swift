import Effects
import LiveSupport
import Postgres
import Processes
import Synchronization
import TestSupport
import Testing

/// A server that has little left: connections, and locks.
@Suite(.serialized) struct FewResourcesTests {
    private struct Report: Decodable {
        struct Backup: Decodable { let tables: Int, rows: Int }
        let backup: Backup
        let warnings: [String]
    }

    /// Backs up as an owner who may have so many connections.
    private func withRole(limit: Int, _ body: (OpsInstance) throws -> Void) throws {
        let instance = try OpsInstance(), role = "few_of_\(instance.database)"
        try instance.sql("CREATE ROLE \(identifier: role) LOGIN CONNECTION LIMIT \(raw: String(limit))")
        defer {
            do {
                try instance.sql("DROP OWNED BY \(identifier: role)")
                try instance.sql("DROP ROLE \(identifier: role)")
            } catch { print("the role \(role) could not be dropped: \(error)") }
        }
        try instance.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO \(identifier: role)")
        try instance.sql("GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO \(identifier: role)")
        let server = try LiveServer.get()
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = .plain(
            "postgresql:///\(instance.database)?host=\(server.folder)&port=\(server.port)&user=\(role)")
        try body(instance)
    }

    @Test(arguments: [("1", 2, false), ("4", 2, true), ("4", 4, true), ("4", 6, true), ("4", 7, false)])
    func `a backup takes the connections that are left, and says so`(jobs: String, limit: Int, isFewer: Bool) throws {
        try withRole(limit: limit) { instance in
            let report: Report = try instance.ops("backup", "--jobs", jobs, "--json").expect(0).object()
            let warning = "of the \(limit) that the role may have"
            #expect(report.warnings.contains { $0.contains(warning) } == isFewer, "\(report)")
            #expect(report.backup.tables == 116)
            let copy = try instance.restoredName(), admin = try LiveServer.get()
            instance.environment["INFISICAL_OPS_DATABASE_URL"] = .plain(
                "postgresql:///\(instance.database)?host=\(admin.folder)&port=\(admin.port)&user=postgres")
            try instance.ops("verify", "--level", "readable").expect(0)
            try instance.ops("restore", "--to-database", copy, "--no-owner", "--yes").expect(0)
            #expect(
                try instance.counts(of: [("public", "secrets_v2"), ("public", "users")], in: copy)
                    == instance.counts(of: [("public", "secrets_v2"), ("public", "users")], in: instance.database))
        }
    }

    @Test func `one connection is not enough, and that is told`() throws {
        try withRole(limit: 1) { instance in
            let fault = try instance.refuses(
                ["backup", "--jobs", "1"], exit: 1, code: "postgres.too-many-connections", naming: [])
            #expect(!fault.hints.isEmpty)
        }
    }

    // Two sessions in turn: whoever waits for the leader is seen all the same.
    @Test(arguments: ["pg_dump", "reading"])
    func `a backup with two connections gives way too`(moment: String) throws {
        let instance = try OpsInstance()
        // A pipe between them would hold up what is read; a slow dump is enough for the first half.
        try instance.replacePgDump(by: moment == "pg_dump" ? "exec sleep 120" : "")
        try instance.write(
            Array("backup: { yield_after: 1s, jobs: 1, pg_dump: \(instance.folder.path("pg_dump")) }\n".utf8),
            to: instance.configuration)
        if moment == "reading" {
            try instance.connection().execute(
                script: """
                    CREATE TABLE public.big AS SELECT n AS id, repeat(md5(n::text), 250) AS text
                    FROM generate_series(1, 60000) n
                    """)
        }
        let wait = Mutex(0.0)
        let result = try instance.run(["backup", "--json", "--compression-level", "19"]) { beside in
            let connection = try beside.connect(), watcher = try beside.connect()
            try beside.waitForPgDump()
            if moment == "reading" {
                try beside.wait { try beside.sessions("monitor", watcher) == 0 }
                try beside.waitForSession("monitor", watcher)
            }
            let time = try seconds { try connection.query("ALTER TABLE public.users ADD shoe int") }
            wait.withLock { $0 = time }
        }
        print("the change waited \(wait.withLock { $0 }) s")
        #expect(wait.withLock { $0 } < 4)
        let fault = try result.fault()
        #expect(fault.code == "backup.yielded" && fault.message.contains("ALTER TABLE"), "\(result.errors)")
        #expect(try instance.backups().isEmpty)
    }

    // MARK: - Locks

    private func fill(_ connection: Connection, _ tables: Int) throws {
        // Each transaction locks what it makes.
        for start in stride(from: 0, to: tables, by: 500) {
            try connection.execute(
                script: """
                    DO $$ BEGIN FOR n IN \(start + 1)..\(min(start + 500, tables)) LOOP
                        EXECUTE format('CREATE TABLE public.t%s AS SELECT %s AS a', n, n);
                    END LOOP; END $$
                    """)
        }
        try connection.execute(
            script:
                "CREATE TABLE public.parts (a int) PARTITION BY LIST (a); CREATE TABLE public.part PARTITION OF public.parts DEFAULT"
        )
    }

    @Test func `3,000 tables fit a server as it is installed, and where they do not the cure is named`() throws {
        var options = ScratchServer.Options()
        options.settings["max_connections"] = "100"
        let server = try ScratchServer.start(
            in: LiveServer.newFolder(), options: options, effects: Effects(), cancellation: Cancellation())
        defer { do { try server.remove() } catch { Issue.record("\(error)") } }
        let instance = try OpsInstance(nil)
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = .plain(
            "postgresql:///postgres?host=\(server.folder)&user=postgres")
        let connection = try LiveServer.connect(server.endpoint())
        try fill(connection, 3000)
        let report: Report = try instance.ops("backup", "--jobs", "4", "--json").expect(0).object()
        #expect(report.backup.tables == 3001 && report.backup.rows == 3000)
        try instance.ops("verify", "--level", "readable").expect(0)

        try connection.query("ALTER SYSTEM SET max_locks_per_transaction = 16")
        try server.stop(.fast)
        try server.start()
        for arguments in [["backup", "--jobs", "4"], ["backup", "--dry-run"]] {
            let fault = try instance.refuses(
                arguments, exit: 3, code: "postgres.too-few-locks", naming: ["max_locks_per_transaction is 16"])
            #expect(fault.hints.joined().contains("to 64 or more"), "\(fault.hints)")
        }
    }
}
