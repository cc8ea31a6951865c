import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// `restore` into databases and folders, and what it says before it writes anything.
@Suite struct RestoreTests {
    private struct Report: Decodable {
        let schema: String
        let database: String
        let tables: Int
        let rows: Int
        let warnings: [String]
        let exit: Int32
    }

    @Test(arguments: [LiveFixture.july, .october, .s8])
    func `a database of every era comes back as it was`(fixture: LiveFixture) throws {
        let instance = try OpsInstance(fixture)
        try instance.sql("COMMENT ON DATABASE \(identifier: instance.database) IS 'ours'")
        try instance.sql("ALTER DATABASE \(identifier: instance.database) SET work_mem TO '7MB'")
        try instance.ops("backup").expect(0)
        let copy = try instance.restoredName()
        let report: Report = try instance.ops("restore", "--to-database", copy, "--yes", "--json").expect(0).object()
        #expect(report.schema == "infisical-ops/restore/1" && report.database == copy && report.warnings == [])
        #expect(try instance.dump(copy) == instance.dump(instance.database))
        let described = try LiveServer.connect(LiveServer.get().endpoint()).query(
            """
            SELECT shobj_description(d.oid, 'pg_database') AS comment, s.setconfig::text AS settings
            FROM pg_database d LEFT JOIN pg_db_role_setting s ON s.setdatabase = d.oid
            WHERE d.datname = \(literal: copy)
            """
        ).only()
        #expect(try described.string("comment") == "ours" && described.string("settings") == "{work_mem=7MB}")
    }

    @Test func `a plan is shown first, and nothing is made without consent`() throws {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        let copy = try instance.restoredName(), id = try instance.ids()[0]
        let asked = try instance.ops("restore", "--to-database", copy).expect(3)
        #expect(asked.output.contains("Restore \(id) ") && asked.output.contains("\"\(copy)\""))
        #expect(asked.output.contains("10,537 rows in 116 tables"))
        #expect(asked.output.contains("which the instance uses now"))
        #expect(try instance.ops("restore", "--to-database", copy, "--dry-run").expect(0).output == asked.output)
        let files = try instance.ops("restore", "--files", instance.path("kept")).expect(3)
        #expect(files.output.contains("\(instance.path("kept"))/.env (was \(instance.envFile))"))
        #expect(try !instance.exists(copy) && !FileManager.default.fileExists(atPath: instance.path("kept")))
    }

    @Test func `a key that does not fit is told before anything is written, with the place that has the right one`()
        throws
    {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        let id = try instance.ids()[0]
        struct Listed: Decodable {
            struct Backup: Decodable { let keyLabel: String }
            let backups: [Backup]
        }
        let listed: Listed = try instance.ops("list", "--json").expect(0).object()
        let label = listed.backups[0].keyLabel
        try instance.editEnvFile("9f2c47d1e0b86a35c7f41d9280ae53b6", "00112233445566778899aabbccddeeff")
        let copy = try instance.restoredName()
        let plan = try instance.ops("restore", "--to-database", copy, "--dry-run").expect(2)
        for words in [
            "does not open this backup", "label \(label)", "escrow/\(id).age", "restore \(id) --files kept-files",
        ] {
            #expect(plan.errors.contains(words), "\(plan.errors)")
        }
        let report: Report = try instance.ops("restore", "--to-database", copy, "--yes", "--json").expect(2).object()
        #expect(report.exit == 2 && report.warnings.count == 1 && report.warnings[0].contains(label))
        // A backup that was taken without the right key points to the one that has it.
        try instance.ops("backup").expect(12)
        try instance.ops("restore", id, "--files", instance.path("kept"), "--yes").expect(0)
        let kept = try Data(contentsOf: URL(filePath: instance.path("kept/.env")))
        #expect(String(decoding: kept, as: UTF8.self).contains("9f2c47d1e0b86a35c7f41d9280ae53b6"))
        // Without a key at hand there is nothing to compare; the plan names the label all the same.
        let none = try instance.run(
            ["restore", id, "--to-database", "x", "--dry-run"], environment: ["INFISICAL_OPS_ENV_FILE": ""]
        ).expect(0)
        #expect(none.errors == "" && none.output.contains(label))
    }

    @Test func `single tables come with the schema around them`() throws {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        let copy = try instance.restoredName()
        let result = try instance.ops(
            "restore", "--to-database", copy, "--table", "users", "--table", "public.users", "--table", "organizations",
            "--yes"
        ).expect(0)
        #expect(result.output.contains("9 rows in 2 tables") && result.output.contains("without foreign keys"))
        #expect(result.output.contains("what was restored has as many rows") && !result.output.contains("every table"))
        let counts = try instance.counts(
            of: [("public", "users"), ("public", "organizations"), ("public", "secrets_v2")], in: copy)
        #expect(counts == [8, 1, 0])
        let connection = try LiveServer.connect(LiveServer.get().endpoint(database: copy))
        let constraints = try connection.query(
            """
            SELECT count(*) FILTER (WHERE contype = 'f') AS f, count(*) FILTER (WHERE contype = 'p') AS p
            FROM pg_constraint
            """
        ).only()
        #expect(try constraints.integer("f") == 0 && constraints.integer("p") as Int > 100)
        let fault = try instance.refuses(
            ["restore", "--to-database", "x", "--table", "secret_v2"], exit: 3, code: "restore.no-such-table",
            naming: ["\"secret_v2\"", "did you mean \"secrets_v2\"?"])
        #expect(fault.hints == ["run: infisical-ops show \(try instance.ids()[0])"])
    }

    @Test func `what a killed restore left behind is named`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let copy = try instance.restoredName(), left = copy + "_restoring_123456"
        instance.restored.append(left)
        try LiveServer.connect(LiveServer.get().endpoint()).query(
            "CREATE DATABASE \(identifier: left) TEMPLATE template0")
        let result = try instance.ops("restore", "--to-database", copy, "--yes").expect(0)
        #expect(result.errors.contains("\"\(left)\" was left behind by a restore that was killed"))
        #expect(try instance.exists(left))
    }

    @Test func `another server is reached by an address without a password`() throws {
        let instance = try OpsInstance(nil), server = try LiveServer.get()
        try instance.sql("CREATE TABLE t AS SELECT generate_series(1, 10) AS a")
        try instance.ops("backup").expect(0)
        let copy = try instance.restoredName(), other = try instance.restoredName()
        let url = "postgresql://postgres@127.0.0.1:\(server.port)/\(copy)"
        try instance.refuses(
            ["restore", "--to-server", url, "--yes"], exit: 1, code: "postgres.wrong-password",
            naming: ["127.0.0.1:\(server.port)"])
        let password: [String: EnvironmentValue] = ["PGPASSWORD": .plain(LiveServer.password)]
        try instance.run(["restore", "--to-server", url, "--yes"], environment: password).expect(0)
        // --to-database wins over the path.
        try instance.run(
            ["restore", "--to-server", url, "--to-database", other, "--yes"], environment: password
        ).expect(0)
        for name in [copy, other] { #expect(try instance.counts(of: [("public", "t")], in: name) == [10]) }
    }

    @Test func `kept files are put into a folder, all or none, and nothing is overwritten`() throws {
        let instance = try OpsInstance(nil)
        try instance.write(Array("x".utf8), to: instance.path("compose.yml"))
        try instance.write(Array("instance: { files: [compose.yml] }\n".utf8), to: instance.configuration)
        try instance.ops("backup").expect(0)
        let kept = instance.path("deep/kept")
        try instance.ops("restore", "--files", kept, "--yes").expect(0)
        #expect(
            try Data(contentsOf: URL(filePath: kept + "/.env")) == Data(contentsOf: URL(filePath: instance.envFile)))
        for command in [["--yes"], ["--dry-run"]] {
            try instance.refuses(
                ["restore", "--files", kept] + command, exit: 3, code: "restore.file-exists", naming: [kept + "/.env"])
        }
        try FileManager.default.removeItem(atPath: kept + "/.env")
        try instance.refuses(
            ["restore", "--files", kept, "--yes"], exit: 3, code: "restore.file-exists", naming: [kept + "/compose.yml"]
        )
        #expect(!FileManager.default.fileExists(atPath: kept + "/.env"))
    }

    @Test func `options that do not belong together are refused`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        try instance.refuses(["restore"], exit: 64, code: "usage.missing-choice", naming: ["--to-database", "--files"])
        for more in [
            ["--to-database", "x"], ["--to-server", "postgresql://h/d"], ["--table", "t"], ["--no-owner"],
            ["--create-roles"], ["--role", "main"], ["--jobs", "2"],
        ] {
            try instance.refuses(
                ["restore", "--files", "x"] + more, exit: 64, code: "usage.refused-value", naming: ["--files"])
        }
        try instance.refuses(
            ["restore", "--to-database", "x", "--no-owner", "--create-roles"], exit: 64, code: "usage.conflict",
            naming: ["--no-owner", "--create-roles"])
        try instance.refuses(
            ["restore", "--to-database", "x", "--role", "audit-log"], exit: 64, code: "usage.bad-value",
            naming: ["did you mean \"audit-logs\"?"])
        try instance.refuses(
            ["restore", "--to-database", "x", "--role", "audit-logs"], exit: 3,
            code: "restore.no-such-database-in-backup", naming: ["audit-logs"])
    }

    @Test func `a partitioned table comes with its partitions`() throws {
        let instance = try OpsInstance(nil)
        for statement: SQL in [
            "CREATE TABLE public.parts (a int, b int) PARTITION BY LIST (a)",
            "CREATE TABLE public.part_1 PARTITION OF public.parts FOR VALUES IN (1)",
            "CREATE TABLE public.part_2 PARTITION OF public.parts FOR VALUES IN (2) PARTITION BY LIST (b)",
            "CREATE TABLE public.part_2_deep PARTITION OF public.part_2 DEFAULT",
            "INSERT INTO public.parts VALUES (1, 1), (1, 2), (2, 3)",
        ] { try instance.sql(statement) }
        try instance.ops("backup").expect(0)
        for (name, rows) in [("parts", [2, 1]), ("public.part_2", [0, 1])] {
            let copy = try instance.restoredName()
            let result = try instance.ops("restore", "--to-database", copy, "--table", name, "--yes").expect(0)
            #expect(result.output.contains("only the rows of public.part_2_deep") || name == "parts")
            let counts = try instance.counts(
                of: [("public", "part_1"), ("public", "part_2_deep"), ("public", "something")], in: copy)
            #expect(counts == rows + [0])
        }
        try instance.refuses(
            ["restore", "--to-database", "x", "--table", "part"], exit: 3, code: "restore.no-such-table",
            naming: ["did you mean \"parts\"?"])
    }
}
