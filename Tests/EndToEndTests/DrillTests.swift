import DurableFiles
import Effects
import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import Processes
import Secrets
import TestSupport
import Testing

/// `drill`: what a backup is worth in a server of its own, and that nothing of it stays.
@Suite struct DrillTests {
    struct Report: Decodable {
        struct Phase: Decodable {
            let name: String
            let seconds: Double
        }
        struct Problem: Decodable {
            let code: String
            let subject: String
            let message: String
        }
        struct Finding: Decodable { let code: String }
        struct Fault: Decodable { let code: String }
        struct Loss: Decodable {
            let kind: String
            let name: String
        }
        struct Kept: Decodable {
            let folder: String
            let connect: [[String]]
            let remove: [[String]]
        }
        let backup: String
        let level: String
        let proven: String?
        let opened: Int?
        let bootFault: Fault?
        let server: String
        let tables: Int
        let rows: Int
        let phases: [Phase]
        let seconds: Double
        let dataAgeSeconds: Int
        let problems: [Problem]
        let findings: [Finding]
        let unchecked: [String]
        let losses: [Loss]
        let notes: [String]
        let warnings: [String]
        let kept: Kept?
        let hints: [String]
        let exit: Int32
    }

    private struct Listed: Decodable {
        struct Backup: Decodable {
            let proof: String?
            let damagedSince: String?
        }
        let backups: [Backup]
    }

    private func drill(
        _ instance: OpsInstance, _ arguments: String..., expecting code: Int32 = 0, doing sql: String? = nil
    ) throws -> Report {
        let more: [String: EnvironmentValue] = sql.map { ["OPS_VICTIM_SQL": .plain($0)] } ?? [:]
        let result = try instance.run(
            ["drill", "--json"] + arguments, victim: sql == nil ? nil : Victim(), environment: more
        ).expect(code)
        #expect(result.errors == "")
        let report: Report = try result.object()
        #expect(report.exit == code)
        return report
    }

    private func proof(_ instance: OpsInstance) throws -> Listed.Backup {
        let listed: Listed = try instance.ops("list", "--json").object()
        return try #require(listed.backups.last)
    }

    // MARK: - What is proven

    @Test(arguments: [LiveFixture.october, .s7])
    func `every table and sequence of a real instance comes back equal, and nothing is left`(
        fixture: LiveFixture
    ) throws {
        let instance = try OpsInstance(fixture), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        let report = try drill(instance)
        #expect(report.proven == "decrypts" && report.level == "decrypts" && report.problems.isEmpty)
        #expect(report.losses.isEmpty && report.unchecked.isEmpty && report.warnings == [])
        #expect(report.notes.allSatisfy { $0.hasPrefix("not provable: ") } && (report.opened ?? 0) > 2000)
        #expect(report.tables > 100 && report.rows > 100 && report.server.hasPrefix("15."))
        #expect(
            report.phases.map(\.name)
                == [
                    "repository", "server", "restore", "constraints and indexes", "content", "ciphertexts", "removal",
                ])
        #expect(report.phases.reduce(0) { $0 + $1.seconds } <= report.seconds + 0.01)
        #expect(report.seconds < 120 && (0...300).contains(report.dataAgeSeconds))
        try place.expectNothing()
        #expect(try proof(instance).proof == "decrypts")
        #expect(try instance.ops("status").output.contains("decrypts"))
        let stored = try instance.stored("proofs").filter { $0.hasSuffix(".json") }
        let text = try String(
            decoding: Data(contentsOf: URL(filePath: instance.repository + "/" + stored[0])), as: UTF8.self)
        #expect(stored.count == 1 && text.contains("\"drill\":{\"losses\":[],\"milliseconds\":"))
        #expect(text.contains("\"on\":\"local\"") && text.contains("\"name\":\"restore\""))
        // The signature holds for every other reader of proofs too.
        try instance.ops("verify", "--all").expect(0)
        #expect(try proof(instance).proof == "decrypts")
    }

    @Test func `a value that was damaged before the backup is named, and the copy is proven equal all the same`() throws
    {
        let instance = try OpsInstance(.october), place = try DrillPlace(instance)
        let row = try instance.sql(
            """
            UPDATE secrets_v2 SET "encryptedValue" = set_byte("encryptedValue", 20, get_byte("encryptedValue", 20) # 1)
            WHERE id = (SELECT id FROM secrets_v2 WHERE length("encryptedValue") > 40 ORDER BY id LIMIT 1)
            RETURNING id::text AS id
            """
        ).only().string("id")
        _ = try instance.ops("backup")
        let report = try drill(instance, expecting: 13)
        #expect(report.proven == "equal" && report.problems.count == 1)
        #expect(report.problems.first?.code == "drill.value-does-not-open")
        #expect(report.problems.first?.subject == "secrets_v2.encryptedValue")
        #expect(report.problems.first?.message.contains(row) == true)
        #expect(try proof(instance).proof == "equal")
        try place.expectNothing()
    }

    @Test func `a key that does not open the data, and none at all, are told apart from damage`() throws {
        let instance = try OpsInstance(.october), place = try DrillPlace(instance)
        let own = try LiveFixture.october.encryptionKey.withBytes { String(decoding: $0, as: UTF8.self) }
        try instance.editEnvFile(own, "00112233445566778899aabbccddeeff")
        try instance.ops("backup").expect(12)
        let wrong = try drill(instance, expecting: 12)
        #expect(wrong.proven == "equal" && wrong.problems.map(\.code) == ["drill.key-does-not-open"])
        try instance.editEnvFile("00112233445566778899aabbccddeeff", "")
        try instance.ops("backup").expect(12)
        let missing = try drill(instance, expecting: 12)
        #expect(missing.proven == "equal" && missing.problems.map(\.code) == ["drill.key-missing"])
        try place.expectNothing()
    }

    @Test func `values that no server reads, and a key that was supplied, are not proven`() throws {
        let instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        let file = instance.envFile, text = try Data(contentsOf: URL(filePath: file))
        // Of a backup that keeps no key, with the key in force.
        instance.environment["INFISICAL_OPS_ENV_FILE"] = nil
        instance.environment["INFISICAL_OPS_KEY"] = "elsewhere"
        try instance.ops("backup").expect(0)
        instance.environment["INFISICAL_OPS_KEY"] = nil
        instance.environment["INFISICAL_OPS_ENV_FILE"] = .plain(file)
        try instance.write(Array(text), to: file)
        let supplied = try drill(instance, expecting: 2)
        #expect(supplied.proven == "equal" && supplied.unchecked.joined().contains("key supplied"))
        #expect(try proof(instance).proof == "equal")
        try instance.sql(
            """
            WITH places AS (
                SELECT s.id, e."projectId", s."encryptedValue" FROM secrets_v2 s
                JOIN secret_folders f ON f.id = s."folderId" JOIN project_environments e ON e.id = f."envId"
                WHERE s."encryptedValue" IS NOT NULL
            ), one AS (SELECT * FROM places ORDER BY "projectId", id LIMIT 1)
            UPDATE secrets_v2 SET "encryptedValue" = (
                SELECT p."encryptedValue" FROM places p, one WHERE p."projectId" <> one."projectId" ORDER BY p.id LIMIT 1
            ) WHERE id = (SELECT id FROM one)
            """)
        _ = try instance.ops("backup")
        let misplaced = try drill(instance, expecting: 2)
        #expect(misplaced.proven == "equal" && misplaced.unchecked.joined().contains("no server reads them"))
    }

    @Test func `no folder that others may change is taken, and nothing that Infisical ran on is kept`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let open = instance.path("open")
        try FileManager.default.createDirectory(atPath: open, withIntermediateDirectories: false)
        #expect(chmod(open, 0o777) == 0)
        instance.environment["INFISICAL_OPS_DRILL_FOLDER"] = .plain(open)
        try instance.refuses(["drill"], exit: 3, code: "drill.place-open")
        #expect(try FileManager.default.contentsOfDirectory(atPath: open).isEmpty)
        instance.environment["INFISICAL_OPS_DRILL_FOLDER"] = nil
        try instance.write(
            Array("drill:\n  backend:\n    command: [/bin/true]\n    folder: /usr/share\n".utf8),
            to: instance.configuration)
        try instance.refuses(["drill", "--level", "boots", "--keep"], exit: 3, code: "drill.kept-boot")
    }

    @Test func `Infisical starts on the copy and gives a secret back, and what keeps it from that is told`() throws {
        let instance = try OpsInstance(.october), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        let backend = instance.path("backend")
        try FileManager.default.copyItem(atPath: Fixtures.path("../Support/Stack/backend"), toPath: backend)
        func configure(_ command: String) throws {
            try instance.write(
                Array("drill:\n  backend:\n    command: [\(command)]\n    folder: \(backend)\n".utf8),
                to: instance.configuration)
        }
        try configure("/usr/bin/python3, server.py")
        let report = try drill(instance, "--level", "boots")
        #expect(report.proven == "boots" && report.phases.map(\.name).contains("boot"))
        #expect(try proof(instance).proof == "boots")
        #expect(try instance.ops("drill", "--all-levels", "--schedule").expect(0).output == "")
        try configure("/bin/false")
        let dead = try drill(instance, "--level", "boots", expecting: 1)
        #expect(dead.proven == "decrypts" && dead.bootFault?.code == "drill.does-not-boot")
        try place.expectNothing()
    }

    @Test func `both databases of an instance are drilled`() throws {
        let instance = try OpsInstance(nil)
        let logs = try instance.restoredName("_logs"), server = try LiveServer.get()
        try LiveServer.connect(server.endpoint()).query("CREATE DATABASE \(identifier: logs) TEMPLATE template0")
        try LiveServer.connect(server.endpoint(database: logs)).execute(
            script: "CREATE TABLE public.audit_logs (id serial PRIMARY KEY, t text);"
                + "INSERT INTO public.audit_logs (t) SELECT md5(i::text) FROM generate_series(1, 7) i")
        let secret = LiveServer.password.utf8.map { "%" + String(UInt32($0) + 256, radix: 16).suffix(2) }.joined()
        let line =
            "AUDIT_LOGS_DB_CONNECTION_URI=postgresql://postgres:\(secret)@127.0.0.1:\(server.port)/\(logs)\n"
        try instance.write(
            Array(Data(contentsOf: URL(filePath: instance.envFile))) + Array(line.utf8), to: instance.envFile)
        _ = try instance.ops("backup")
        let place = try DrillPlace(instance)
        let report = try drill(instance)
        #expect(report.rows == 8 && report.tables == 2 && report.proven == "equal")
        try place.expectNothing()
    }

    @Test func `restored stops there, and a level beyond is refused and not faked`() throws {
        let instance = try OpsInstance(nil), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        let report = try drill(instance, "--level", "P2")
        #expect(report.proven == "restored" && !report.phases.map(\.name).contains("content"))
        #expect(try proof(instance).proof == "restored")
        for level in ["boots", "P5"] {
            try instance.refuses(["drill", "--level", level], exit: 3, code: "drill.no-backend")
        }
        // There is nothing in it to decrypt, and that is not passed off as proven.
        let other = try drill(instance, "--level", "decrypts", expecting: 2)
        #expect(other.proven == "equal" && other.unchecked.count == 1)
        try instance.refuses(["drill", "--level", "readable"], exit: 64, code: "usage.bad-value")
        try place.expectNothing()
    }

    @Test func `from a timer it is quiet when all is well, and speaks when it is not`() throws {
        let instance = try OpsInstance(nil), place = try DrillPlace(instance)
        try instance.sql("CREATE TABLE public.t AS SELECT i FROM generate_series(1, 3) i")
        try instance.ops("backup").expect(0)
        let quiet = try instance.ops("drill", "--all-levels", "--schedule").expect(0)
        #expect(quiet.output == "" && quiet.errors == "")
        let loud = try instance.run(
            ["drill", "--all-levels", "--schedule"], victim: Victim(),
            environment: ["OPS_VICTIM_SQL": "DELETE FROM public.t WHERE i = 2"]
        ).expect(1)
        #expect(loud.output.contains("drill.differs: public.t: 3 rows in the backup, 2 in the restored copy"))
        #expect(loud.output.contains("restored, but not equal"))
        try place.expectNothing()
    }

    // MARK: - What is found

    struct Case: Sendable, CustomTestStringConvertible {
        let sql: String
        let code: String
        let words: String
        let proven: String?
        var testDescription: String { words }
    }

    private static let cases = [
        Case(
            sql: "DELETE FROM public.u WHERE t = 4", code: "drill.differs",
            words: "public.u: 9 rows in the backup, 8 in the restored copy", proven: "restored"),
        Case(
            sql: "UPDATE public.t SET v = (SELECT v FROM public.t WHERE id = 5) WHERE id = 6", code: "drill.differs",
            words: "public.t: 9 rows in the backup and in the restored copy, but with another content",
            proven: "restored"),
        Case(
            sql: "SELECT setval('public.t_id_seq', 8)", code: "drill.differs",
            words: "the sequence public.t_id_seq: last value 9 in the backup, last value 8 in the copy",
            proven: "restored"),
        Case(
            sql: "SELECT setval('public.t_id_seq', 9, false)", code: "drill.differs",
            words: "the sequence public.t_id_seq: last value 9 in the backup, next value 9 in the copy",
            proven: "restored"),
        Case(
            sql: "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.t_v'::regclass",
            code: "drill.index-invalid", words: "the index public.t_v is not valid in the restored copy", proven: nil),
        Case(
            sql: "UPDATE pg_constraint SET convalidated = false WHERE conname = 'u_t'",
            code: "drill.constraint-not-validated",
            words: "the constraint public.u u_t holds for all rows in the source, but counts for new rows only in the "
                + "restored copy", proven: nil),
        Case(
            sql: "DROP TABLE public.u", code: "drill.differs",
            words: "the table public.u is missing in the restored copy",
            proven: "restored"),
        Case(
            sql: "ALTER TABLE public.u RENAME w TO x", code: "drill.differs",
            words: "the table public.u has other columns in the restored copy than in the backup", proven: "restored"),
    ]

    /// What each test of these changes: nine rows under an index, and a table that refers to them.
    private func instance() throws -> OpsInstance {
        let instance = try OpsInstance(nil)
        try instance.connection().execute(
            script: """
                CREATE TABLE public.t (id serial PRIMARY KEY, v text);
                INSERT INTO public.t (v) SELECT md5(i::text) FROM generate_series(1, 9) i;
                CREATE INDEX t_v ON public.t (v);
                CREATE TABLE public.u (t int CONSTRAINT u_t REFERENCES public.t, w regclass);
                INSERT INTO public.u SELECT id, 'public.t' FROM public.t;
                ALTER TABLE public.u ADD CONSTRAINT u_w CHECK (w IS NULL) NOT VALID
                """)
        try instance.ops("backup").expect(0)
        return instance
    }

    @Test(arguments: cases)
    func `what is changed between restore and proof is caught and named`(change: Case) throws {
        let instance = try instance(), place = try DrillPlace(instance)
        let report = try drill(instance, expecting: 1, doing: change.sql)
        #expect(report.problems.map(\.code).contains(change.code))
        #expect(report.problems.map(\.message).contains(change.words), "\(report.problems.map(\.message))")
        #expect(report.proven == change.proven && report.findings.isEmpty)
        #expect(report.hints == ["run: infisical-ops drill \(report.backup) --keep"])
        // The copy is wrong, not the backup.
        let standing = try proof(instance)
        #expect(standing.proof == change.proven && standing.damagedSince == nil)
        try place.expectNothing()
        #expect(try drill(instance).proven == "equal")
    }

    @Test func `an index whose pages are damaged is found by amcheck`() throws {
        let instance = try OpsInstance(nil), place = try DrillPlace(instance)
        try instance.connection().execute(
            script: "CREATE TABLE public.t (v text); CREATE INDEX t_v ON public.t (v);"
                + "INSERT INTO public.t SELECT md5(i::text) FROM generate_series(1, 2000) i")
        try instance.ops("backup").expect(0)
        // The order that the index has is no longer the one that it is said to have.
        let report = try drill(
            instance, expecting: 1,
            doing: """
                UPDATE pg_index SET indoption = '1' WHERE indexrelid = 'public.t_v'::regclass
                """)
        #expect(report.problems.map(\.code) == ["drill.index-damaged"] && report.proven == nil)
        #expect(report.problems[0].subject == "public.t_v")
        try place.expectNothing()
    }

    @Test func `a changed chunk ends the drill, lowers the proof of the backup, and is named`() throws {
        let instance = try instance(), place = try DrillPlace(instance)
        try instance.ops("drill").expect(0)
        for chunk in try instance.stored("chunks") {
            let path = instance.repository + "/" + chunk, whole = try Data(contentsOf: URL(filePath: path))
            var bytes = Array(whole)
            bytes[bytes.count / 2] ^= 1
            try instance.write(bytes, to: path)
            let report = try drill(instance, expecting: 13)
            #expect(report.findings.map(\.code) == ["repository.chunk-wrong-hash"] && report.proven == nil)
            #expect(report.hints == ["run: infisical-ops verify --all", "run: infisical-ops repair"])
            #expect(try proof(instance).damagedSince != nil)
            try place.expectNothing()
            try instance.write(Array(whole), to: path)
        }
        #expect(try drill(instance).proven == "equal")
        #expect(try proof(instance).damagedSince == nil)
    }

    @Test func `what the scratch server lacks is named and no failure`() throws {
        let instance = try OpsInstance(nil), place = try DrillPlace(instance)
        // Only a superuser may make this one, and the drill restores as a user without rights.
        try instance.connection().execute(
            script: "CREATE EXTENSION pageinspect; CREATE EXTENSION pg_trgm;"
                + "CREATE TABLE public.t AS SELECT md5(i::text) AS v FROM generate_series(1, 9) i;"
                + "CREATE INDEX t_v ON public.t USING gin (v gin_trgm_ops)")
        try instance.ops("backup").expect(0)
        let report = try drill(instance, expecting: 2)
        #expect(report.proven == "equal" && report.problems.isEmpty)
        #expect(report.losses.contains { $0.kind == "extension" && $0.name == "pageinspect" })
        #expect(try proof(instance).proof == "equal")
        try place.expectNothing()
    }

    @Test func `rows that do not meet what the schema asks of them do not restore`() throws {
        let instance = try instance(), place = try DrillPlace(instance)
        // As a row looks that was written while the keys were not watched.
        try instance.connection().execute(
            script: "SET session_replication_role = replica; INSERT INTO public.u (t) VALUES (99)")
        try instance.ops("backup").expect(0)
        let report = try drill(instance, expecting: 1)
        #expect(report.problems.map(\.code) == ["drill.not-rebuilt"] && report.proven == nil)
        #expect(report.problems[0].subject.contains("u_t"))
        try place.expectNothing()
    }

    // MARK: - What stays

    @Test func `a kept server can be reached and removed as it says, and the next drill leaves it alone`() throws {
        let instance = try instance(), place = try DrillPlace(instance)
        let kept = try #require(try drill(instance, "--keep").kept)
        #expect(
            try place.names == [kept.folder.split(separator: "/").last.map(String.init)] && !place.processes.isEmpty)
        #expect(try drill(instance).proven == "equal")
        let runner = ProcessRunner(effects: Effects(), cancellation: Cancellation())
        let environment = CommandSpec.inherited(["PATH"])
        let answer = try runner.run(
            CommandSpec(
                kept.connect[0][0], Array(kept.connect[0].dropFirst()) + ["-Atc", "SELECT count(*) FROM public.t"],
                environment: environment), deadline: .seconds(20)
        ).succeeded()
        #expect(String(decoding: answer.output, as: UTF8.self) == "9\n")
        for command in kept.remove {
            _ = try runner.run(
                CommandSpec(command[0], Array(command.dropFirst()), environment: environment, workingFolder: "/"),
                deadline: .seconds(20)
            ).succeeded()
        }
        try place.expectNothing()
    }

    /// A drill that has started its server.
    private func running(_ instance: OpsInstance, _ place: DrillPlace) throws -> BackgroundRun {
        let run = try BackgroundRun(instance, ["drill", "--json"])
        for _ in 0..<4000 where try place.processes.isEmpty { usleep(5_000) }
        try #require(try !place.processes.isEmpty)
        return run
    }

    @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
    func `a signal ends a drill and leaves nothing`(signal: Int32, exit: Int32) throws {
        let instance = try OpsInstance(.s7), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        let run = try running(instance, place)
        run.signal(signal)
        #expect(try run.wait() == exit)
        try place.expectNothing()
        try instance.expectUnlocked()
        #expect(try proof(instance).proof == nil)
    }

    @Test func `what a killed drill leaves the next one removes, and nothing else`() throws {
        let instance = try OpsInstance(.s7), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        let run = try running(instance, place)
        run.signal(SIGKILL)
        _ = try run.wait()
        #expect(try place.names.count == 1 && !place.processes.isEmpty)
        // Of another program, under a name of the same form; and of a drill that is just going on.
        let other = place.path + "/.tmp-0123456789abcdef", more = place.path + "/other"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
        try instance.write([1], to: other + "/file")
        try FileManager.default.createDirectory(atPath: more, withIntermediateDirectories: false)
        let standing = try BackgroundRun(instance, ["drill", "--json", "--level", "restored"])
        let report = try drill(instance)
        #expect(report.proven == "decrypts" && report.warnings == [])
        #expect(try standing.wait() == 0)
        #expect(try place.names == [".tmp-0123456789abcdef", "other"] && place.processes.isEmpty)
    }

    // MARK: - What is refused

    @Test func `without programs, room or a folder that can be reached it is refused before anything is made`() throws {
        let instance = try instance(), place = try DrillPlace(instance)
        let none = try instance.shell(
            "mount -t tmpfs none /usr/lib/postgresql; exec env PATH=/usr/bin:/bin \"$OPS\" drill --json")
        #expect(try none.expect(3).fault().code == "drill.no-server-programs")
        #expect(try none.fault().hints[0].contains("postgresql-15"))
        let small = try instance.shell(
            "mount -t tmpfs -o size=64m none '\(place.path)'; \"$OPS\" drill --json || code=$?; "
                + "ls -A '\(place.path)'; exit $code")
        #expect(try small.expect(3).fault().code == "drill.no-room" && small.output == "")
        instance.environment["INFISICAL_OPS_DRILL_FOLDER"] = .plain(instance.path("home"))
        try instance.refuses(["drill"], exit: 3, code: "drill.place-closed")
        try place.expectNothing()
    }
}
