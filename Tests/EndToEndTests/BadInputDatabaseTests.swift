import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// Databases that may not be read whole, that are not what was expected, or that hold strange names.
@Suite struct BadInputDatabaseTests {
    private struct Report: Decodable {
        struct Backup: Decodable {
            let era: String?
            let tables: Int
            let rows: Int
        }
        let backup: Backup
        let warnings: [String]
    }

    /// Backs up as a role of its own; the role is shared by the whole server, so its name has the database's in it.
    private func withReader(_ body: (OpsInstance, _ role: String) throws -> Void) throws {
        let instance = try OpsInstance(), role = "reader_of_\(instance.database)"
        try instance.sql("CREATE ROLE \(identifier: role) LOGIN")
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
        try body(instance, role)
    }

    @Test func `a table that may not be read is named, in the dry run too`() throws {
        try withReader { instance, role in
            try instance.ops("backup").expect(0)
            try instance.sql("REVOKE SELECT ON users FROM \(identifier: role)")
            for arguments in [["backup"], ["backup", "--dry-run"]] {
                try instance.refuses(
                    arguments, exit: 3, code: "postgres.unreadable-relations", naming: [#""public"."users""#])
            }
            // A right on some columns is not one on the table.
            try instance.sql("GRANT SELECT (id, email) ON users TO \(identifier: role)")
            try instance.refuses(
                ["backup"], exit: 3, code: "postgres.unreadable-relations", naming: [#""public"."users""#])
            try instance.ops("verify", "--all").expect(0)
        }
    }

    @Test func `a table whose rows are hidden by row security is named with the reason`() throws {
        try withReader { instance, role in
            try instance.sql("ALTER TABLE projects ENABLE ROW LEVEL SECURITY")
            let fault = try instance.refuses(
                ["backup"], exit: 3, code: "postgres.unreadable-relations",
                naming: [#""public"."projects" (row security)"#])
            #expect(fault.hints.joined().contains("BYPASSRLS"))
            try instance.sql("ALTER ROLE \(identifier: role) BYPASSRLS")
            try instance.ops("backup").expect(0)
        }
    }

    @Test func `a sequence that may not be read is named`() throws {
        try withReader { instance, role in
            try instance.sql("CREATE SEQUENCE numbers")
            try instance.sql("REVOKE ALL ON SEQUENCE numbers FROM \(identifier: role)")
            try instance.refuses(
                ["backup"], exit: 3, code: "postgres.unreadable-relations", naming: [#""public"."numbers""#])
        }
    }

    @Test func `large objects are refused and counted`() throws {
        let instance = try OpsInstance(nil)
        try instance.sql("SELECT lo_create(0), lo_create(0)")
        for arguments in [["backup"], ["backup", "--dry-run"]] {
            try instance.refuses(arguments, exit: 3, code: "backup.large-objects", naming: ["2 large objects"])
        }
    }

    @Test(arguments: ["ALTER TABLE users ADD shoe text", "SELECT pg_advisory_xact_lock(2023)", "heartbeat"])
    func `a migration that does not end is named after the wait that is configured`(work: String) throws {
        let instance = try OpsInstance(work == "heartbeat" ? .s8 : .october)
        try instance.write(Array("backup: { migration_wait: 1s }\n".utf8), to: instance.configuration)
        try instance.sql("UPDATE infisical_migrations_lock SET is_locked = 1")
        let migrating = try instance.connection()
        if work == "heartbeat" {
            // Nothing but the lock and the word of a server that it is starting.
            try migrating.query(
                """
                INSERT INTO infisical_migrations_startup_lock (index, is_locked, node, heartbeat_updated_at)
                VALUES (1, 1, 'web-1', clock_timestamp() + interval '1 minute')
                """)
        } else {
            try migrating.query("BEGIN")
            try migrating.query(SQL(raw: work))
        }
        let time = try seconds {
            try instance.refuses(
                ["backup"], exit: 3, code: "backup.migration-running", naming: ["migrat", "waited 1 s"])
        }
        #expect(time < 10)
        #expect(try instance.backups().isEmpty)
    }

    // A server that was killed in the middle of a migration leaves it; just then a backup is wanted.
    @Test func `a migration lock that nobody holds is named, and the backup is taken`() throws {
        let instance = try OpsInstance(.s8)
        try instance.write(Array("backup: { migration_wait: 0s }\n".utf8), to: instance.configuration)
        try instance.connection().execute(
            script: """
                UPDATE infisical_migrations_lock SET is_locked = 1;
                INSERT INTO infisical_migrations_startup_lock (index, is_locked, node, heartbeat_updated_at)
                VALUES (1, 1, 'web-1', now() - interval '1 hour');
                """)
        let report: Report = try instance.ops("backup", "--json").expect(2).object()
        #expect(report.warnings.contains { $0.contains("migration lock is stale") && $0.contains("is_locked") })
        try instance.sql("UPDATE infisical_migrations_lock SET is_locked = 0")
        try instance.ops("backup").expect(0)
    }

    // MARK: - pg_dump

    @Test(arguments: ["users", "looks"], ["1", "2"])
    func `a pg_dump that ends well and leaves something out is found out`(name: String, jobs: String) throws {
        let instance = try OpsInstance()
        try instance.sql("CREATE VIEW looks AS SELECT id FROM users")
        try instance.replacePgDump(by: #"set -- "--exclude-table=public.\#(name)" "$@""#)
        try instance.write(
            Array("backup: { pg_dump: \(instance.folder.path("pg_dump")) }\n".utf8), to: instance.configuration)
        let result = try instance.ops("backup", "--jobs", jobs, "--json").expect(1)
        let fault = try result.fault()
        #expect(fault.code == "backup.archive-differs" && !fault.hints.isEmpty)
        #expect(fault.message.contains("it left out \"public\".\"\(name)\""), "\(fault.message)")
        #expect(try instance.backups().isEmpty)
        try instance.write([], to: instance.configuration)
        try instance.ops("backup").expect(0)
    }

    @Test(arguments: ["", "CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'a')"])
    func `what does not look like Infisical is backed up as plain PostgreSQL, with a warning`(sql: String) throws {
        let instance = try OpsInstance(nil)
        try instance.connection().execute(script: sql)
        let report: Report = try instance.ops("backup", "--json").expect(0).object()
        #expect(report.backup.era == nil && report.backup.tables == (sql.isEmpty ? 1 : 2))
        #expect(report.warnings.contains { $0.contains("does not look like Infisical's") })
        #expect(try instance.ops("status").expect(0).output.contains("does not look like a database of Infisical"))
        try instance.ops("verify", "--level", "readable").expect(0)
        let copy = try instance.restoredName()
        try instance.ops("restore", "--to-database", copy, "--yes").expect(0)
    }

    @Test func `a key that opens nothing is told, and the backup is kept`() throws {
        let instance = try OpsInstance()
        try instance.editEnvFile("9f2c47d1e0b86a35c7f41d9280ae53b6", "00112233445566778899aabbccddeeff")
        let report: Report = try instance.ops("backup", "--json").expect(12).object()
        #expect(report.warnings.contains { $0.contains("does not open all of it") })
        #expect(try instance.ops("status").expect(12).output.contains("does NOT open"))
        #expect(try instance.ops("list").expect(0).output.contains("KEY DOES NOT OPEN"))
        #expect(try instance.ops("show").expect(0).output.contains("does NOT open"))
        try instance.ops("verify", "--level", "readable").expect(12)
    }

    // MARK: - Names

    static let names = [
        #"with "quotes" and 'apostrophes'"#, "with spaces  ", "line\nfeed\tand tab", "größe 表 🗝",
        "; DROP TABLE users; --",
        "UPPER", "select", #"back\slash"#, "$dollar$", String(repeating: "n", count: 63),
    ]

    @Test func `tables of every name come back, also when only one is wanted`() throws {
        let instance = try OpsInstance(nil)
        try instance.sql(#"CREATE SCHEMA "my ""schema""""#)
        for (number, name) in Self.names.enumerated() {
            for schema in ["public", #"my "schema""#] {
                let table = Quoting.qualified(schema, name)
                try instance.sql("CREATE TABLE \(raw: table) (\(identifier: name) serial PRIMARY KEY, v text)")
                try instance.sql("INSERT INTO \(raw: table) (v) SELECT \(literal: name) FROM generate_series(1, 3)")
                if number == 0 { try instance.sql("COMMENT ON TABLE \(raw: table) IS \(literal: name)") }
            }
        }
        try instance.ops("backup").expect(0)
        try instance.ops("verify", "--level", "readable").expect(0)
        // Names are shown on one line each, whatever they hold.
        let shown = try instance.ops("show").expect(0).output
        #expect(shown.contains(#"public.line\nfeed\tand tab"#) && shown.contains("größe 表 🗝"))

        let copy = try instance.restoredName()
        try instance.ops("restore", "--to-database", copy, "--yes").expect(0)
        try #expect(instance.dump(copy) == instance.dump(instance.database))

        for name in Self.names {
            let one = try instance.restoredName()
            try instance.ops("restore", "--to-database", one, "--table", "public." + name, "--yes").expect(0)
            let counts = try instance.counts(of: [("public", name), (#"my "schema""#, name)], in: one)
            #expect(counts == [3, 0], "\(name)")
        }
        let fault = try instance.refuses(
            ["restore", "--to-database", "unused", "--table", "select"], exit: 3, code: "restore.ambiguous-table",
            naming: ["public.select", #"my "schema".select"#])
        #expect(fault.hints == ["give the name with its schema, as listed"])
    }

    @Test func `a database of a strange name is backed up and made again`() throws {
        let instance = try OpsInstance(nil)
        let strange = instance.database + #" "x"'; größe"#
        try instance.sql("CREATE TABLE t AS SELECT 1 AS a")
        try LiveServer.connect(LiveServer.get().endpoint()).query(
            "ALTER DATABASE \(identifier: instance.database) RENAME TO \(identifier: strange)")
        defer {
            do { try LiveServer.drop(strange) } catch { print("\(strange) could not be dropped: \(error)") }
        }
        let server = try LiveServer.get()
        let encoded = strange.utf8.map { "%" + String($0, radix: 16, uppercase: true) }.joined()
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = .plain(
            "postgresql:///\(encoded)?host=\(server.folder)&port=\(server.port)&user=postgres")
        try instance.ops("backup").expect(0)
        let copy = try instance.restoredName(#" "y"'; größe"#)
        try instance.ops("restore", "--to-database", copy, "--yes").expect(0)
        #expect(try instance.counts(of: [("public", "t")], in: copy) == [1])
        try instance.refuses(
            ["restore", "--to-database", copy], exit: 3, code: "restore.database-exists", naming: [copy])
    }
}
