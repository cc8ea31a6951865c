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
    // MARK: - What is proven

    @Test(arguments: [LiveFixture.october, .s7])
    func `every table and sequence of a real instance comes back equal, and nothing is left`(
        fixture: LiveFixture
    ) throws {
        let instance = try OpsInstance(fixture), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        let report = try instance.drill()
        #expect(report.proven == "decrypts" && report.level == "decrypts" && report.problems.isEmpty)
        #expect(report.losses.isEmpty && report.unchecked.isEmpty && report.warnings == [])
        #expect(report.notes.allSatisfy { $0.hasPrefix("not provable: ") } && (report.opened ?? 0) > 2000)
        #expect(report.tables > 100 && report.rows > 100 && report.server.hasPrefix("15."))
        #expect(
            report.phases.map(\.name)
                == [
                    "repository", "server", "restore", "constraints and indexes", "content", "remaining ciphertexts",
                    "removal", "other",
                ])
        #expect(abs(report.phases.reduce(0) { $0 + $1.seconds } - report.seconds) < 0.01)
        #expect(report.seconds < 120 && (0...300).contains(report.dataAgeSeconds))
        try place.expectNothing()
        #expect(try instance.lastProof().proof == "decrypts")
        #expect(try instance.ops("status").output.contains("decrypts"))
        let stored = try instance.stored("proofs").filter { $0.hasSuffix(".json") }
        let text = try String(
            decoding: Data(contentsOf: URL(filePath: instance.repository + "/" + stored[0])), as: UTF8.self)
        #expect(stored.count == 1 && text.contains("\"drill\":{\"losses\":[],\"milliseconds\":"))
        #expect(text.contains("\"on\":\"local\"") && text.contains("\"name\":\"restore\""))
        // The signature holds for every other reader of proofs too.
        try instance.ops("verify", "--all").expect(0)
        #expect(try instance.lastProof().proof == "decrypts")
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
        let report = try instance.drill()
        #expect(report.rows == 8 && report.tables == 2 && report.proven == "equal")
        try place.expectNothing()
    }

    @Test func `restored stops there, and a level beyond is refused and not faked`() throws {
        let instance = try OpsInstance(nil), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        let report = try instance.drill("--level", "P2")
        #expect(report.proven == "restored" && !report.phases.map(\.name).contains("content"))
        #expect(try instance.lastProof().proof == "restored")
        for level in ["boots", "P5"] {
            try instance.refuses(["drill", "--level", level], exit: 3, code: "drill.no-backend")
        }
        // There is nothing in it to decrypt, and that is not passed off as proven.
        let other = try instance.drill("--level", "decrypts", expecting: 2)
        #expect(other.proven == "equal" && other.unchecked.count == 1)
        try instance.refuses(["drill", "--level", "readable"], exit: 64, code: "usage.bad-value")
        try place.expectNothing()
    }

    @Test func `from a timer it is quiet when all is well, and speaks when it is not`() throws {
        let instance = try OpsInstance(.october), place = try DrillPlace(instance)
        try instance.sql("CREATE TABLE public.t AS SELECT i FROM generate_series(1, 3) i")
        try instance.ops("backup").expect(0)
        let quiet = try instance.ops("drill", "--all-levels", "--schedule").expect(0)
        #expect(quiet.output == "" && quiet.errors == "")
        let loud = try instance.run(
            ["drill", "--all-levels", "--schedule"], victim: Victim(),
            environment: ["OPS_VICTIM_SQL": "DELETE FROM public.t WHERE i = 2"]
        ).expect(1)
        #expect(loud.output.contains("problem: public.t: 3 rows in the backup, 2 in the restored copy"))
        #expect(loud.output.contains("restored, but not decrypts"))
        try place.expectNothing()
    }

    @Test func `a backup that is shrunk or not Infisical's is not passed by in silence`() throws {
        let instance = try OpsInstance(.october), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        let good = try instance.ids()[0]
        let text = try instance.ops("drill").expect(0).output
        #expect(
            text.contains(/compared [\d,  ]+ rows in \d+ tables: all as they were when the backup was taken\n/),
            "\(text)")
        #expect(text.contains(/decrypted [\d,  ]+ values with the key that the backup keeps\n/), "\(text)")
        try instance.sql("DELETE FROM public.secrets_v2")
        try instance.ops("backup").expect(2)
        let shrunk = try instance.ops("drill", "--schedule").expect(2)
        #expect(
            shrunk.errors.contains("is shrunk: ") && shrunk.errors.contains("and whose key opened its data: \(good)"))
        #expect(shrunk.output.contains("decrypts, but the backup is shrunk"), "\(shrunk.output)")
        let other = try OpsInstance(nil), second = try DrillPlace(other)
        try other.ops("backup").expect(0)
        let run = try other.ops("drill", "--schedule").expect(0)
        #expect(run.output == "" && run.errors.contains("is not of Infisical's database"), "\(run.errors)")
        try place.expectNothing()
        try second.expectNothing()
    }

    @Test(arguments: [
        ("[/no/such/program]", "/", "there is no program /no/such/program"),
        ("[/bin/true]", "/no/folder", "is no folder"),
    ])
    func `a backend that cannot be started is refused before anything is restored`(
        command: String, folder: String, words: String
    ) throws {
        let instance = try OpsInstance(.october), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        try instance.write(
            Array("drill:\n  backend: { command: \(command), folder: \(folder) }\n".utf8), to: instance.configuration)
        for level in [["--level", "boots"], ["--all-levels"]] {
            try instance.refuses(["drill"] + level, exit: 3, code: "drill.backend-unusable", naming: [words])
        }
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

    @Test(arguments: cases)
    func `what is changed between restore and proof is caught and named`(change: Case) throws {
        let instance = try OpsInstance.ofNineRows(), place = try DrillPlace(instance)
        let report = try instance.drill(expecting: 1, doing: change.sql)
        #expect(report.problems.map(\.code).contains(change.code))
        #expect(report.problems.map(\.message).contains(change.words), "\(report.problems.map(\.message))")
        #expect(report.proven == change.proven && report.findings.isEmpty)
        #expect(report.hints == ["run: infisical-ops drill \(report.backup) --keep"])
        // The copy is wrong, not the backup.
        let standing = try instance.lastProof()
        #expect(standing.proof == change.proven && standing.damagedSince == nil)
        #expect(standing.drillFailure?.level == (change.proven == nil ? "restored" : "equal"))
        #expect(standing.drillFailure?.code == report.problems.first?.code)
        try place.expectNothing()
        #expect(try instance.drill().proven == "equal")
        #expect(try instance.lastProof().drillFailure == nil)
    }

    @Test func `an index whose pages are damaged is found by amcheck`() throws {
        let instance = try OpsInstance(nil), place = try DrillPlace(instance)
        try instance.connection().execute(
            script: "CREATE TABLE public.t (v text); CREATE INDEX t_v ON public.t (v);"
                + "INSERT INTO public.t SELECT md5(i::text) FROM generate_series(1, 2000) i")
        try instance.ops("backup").expect(0)
        // The order that the index has is no longer the one that it is said to have.
        let report = try instance.drill(
            expecting: 1,
            doing: """
                UPDATE pg_index SET indoption = '1' WHERE indexrelid = 'public.t_v'::regclass
                """)
        #expect(report.problems.map(\.code) == ["drill.index-damaged"] && report.proven == nil)
        #expect(report.problems[0].subject == "public.t_v")
        try place.expectNothing()
    }

    @Test func `a changed chunk ends the drill, lowers the proof of the backup, and is named`() throws {
        let instance = try OpsInstance.ofNineRows(), place = try DrillPlace(instance)
        try instance.ops("drill").expect(0)
        for chunk in try instance.stored("chunks") {
            let path = instance.repository + "/" + chunk, whole = try Data(contentsOf: URL(filePath: path))
            var bytes = Array(whole)
            bytes[bytes.count / 2] ^= 1
            try instance.write(bytes, to: path)
            let report = try instance.drill(expecting: 13)
            #expect(report.findings.map(\.code) == ["repository.chunk-wrong-hash"] && report.proven == nil)
            #expect(report.hints == ["run: infisical-ops verify --all", "run: infisical-ops repair"])
            #expect(try instance.lastProof().damagedSince != nil)
            try place.expectNothing()
            try instance.write(Array(whole), to: path)
        }
        #expect(try instance.drill().proven == "equal")
        #expect(try instance.lastProof().damagedSince == nil)
    }

    @Test func `what the scratch server lacks is named and no failure`() throws {
        let instance = try OpsInstance(nil), place = try DrillPlace(instance)
        // Only a superuser may make this one, and the drill restores as a user without rights.
        try instance.connection().execute(
            script: "CREATE EXTENSION pageinspect; CREATE EXTENSION pg_trgm;"
                + "CREATE TABLE public.t AS SELECT md5(i::text) AS v FROM generate_series(1, 9) i;"
                + "CREATE INDEX t_v ON public.t USING gin (v gin_trgm_ops)")
        try instance.ops("backup").expect(0)
        let report = try instance.drill(expecting: 2)
        #expect(report.proven == "equal" && report.problems.isEmpty)
        #expect(report.losses.contains { $0.kind == "extension" && $0.name == "pageinspect" })
        #expect(try instance.lastProof().proof == "equal")
        try place.expectNothing()
    }

    @Test func `rows that do not meet what the schema asks of them do not restore`() throws {
        let instance = try OpsInstance.ofNineRows(), place = try DrillPlace(instance)
        // As a row looks that was written while the keys were not watched.
        try instance.connection().execute(
            script: "SET session_replication_role = replica; INSERT INTO public.u (t) VALUES (99)")
        try instance.ops("backup").expect(0)
        let report = try instance.drill(expecting: 1)
        #expect(report.problems.map(\.code) == ["drill.not-rebuilt"] && report.proven == nil)
        #expect(report.problems[0].subject.contains("u_t"))
        try place.expectNothing()
    }
}
