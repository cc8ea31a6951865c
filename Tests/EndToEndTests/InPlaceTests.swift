import DurableFiles
import Effects
import FoundationEssentials
import InPlace
import Journal
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// What a restore in place does about one that was stopped in the middle. Containers and kills: `instance-test`.
@Suite struct InPlaceTests {
    private let instance: OpsInstance
    private let journal: String

    init() throws {
        instance = try OpsInstance()
        journal = instance.state + "/in-place.journal"
        let commands = """
            instance:
              containers: none
              commands: { stop: [/usr/bin/touch, \(instance.path("stopped"))], start: [/usr/bin/touch, \(instance.path("started"))] }

            """
        try instance.write(Array(commands.utf8), to: instance.configuration)
        try instance.ops("backup").expect(0)
    }

    /// Leaves what a killed run leaves.
    private func leave(
        _ state: InPlaceMachine.State, live: String, server: String? = nil, copy: String = "no_such_copy"
    ) throws {
        let address = try "\(LiveServer.get().folder)/.s.PGSQL.\(LiveServer.get().port)"
        let oid = try LiveServer.connect(LiveServer.get().endpoint()).query(
            "SELECT oid::bigint AS oid FROM pg_database WHERE datname = \(live)"
        ).first?.integer("oid", as: UInt32.self)
        let work = InPlaceWork(
            server: DatabaseServer(identifier: server, address: address), backup: "x", live: live,
            replaced: oid.map { DatabaseIdentity(name: live, oid: $0) }, copy: copy, kept: live + "_before_x",
            backend: nil, emptiesRedis: false)
        _ = try Journal.create(
            journal, kind: InPlaceRecord.kind,
            records: try [InPlaceRecord.began(work), .entered(state)].map { try $0.line() },
            files: Files(effects: Effects()))
    }

    /// Whether a work is open.
    private var isLeft: Bool {
        get throws {
            let files = Files(effects: Effects())
            let lines = try Journal.records(journal, kind: InPlaceRecord.kind, files: files) ?? []
            return InPlaceHistory(try lines.map { try InPlaceRecord(line: $0) }).open != nil
        }
    }
    private func wasRun(_ command: String) -> Bool {
        FileManager.default.fileExists(atPath: instance.path(command))
    }

    private struct Outcome: Decodable {
        let schema: String
        let outcome: String
        let backup: String?
        let kept: String?
        let warnings: [String]
    }

    private let words = ["restore", "--in-place", "--keep-redis", "--yes", "--json"]

    @Test func `what another instance of the host has begun is not touched`() throws {
        for (live, server) in [("elsewhere", nil), (instance.database, "7000000000000000000")] as [(String, String?)] {
            try leave(.starting, live: live, server: server)
            let fault = try instance.run(words).expect(3).fault()
            #expect(fault.code == "in-place.other-instance" && fault.message.contains(live))
            #expect(try isLeft && !wasRun("started"))
        }
    }

    @Test func `all that stands in the way is named at once, and how long the instance is waited for`() throws {
        let plan = try instance.ops("restore", "--in-place", "--keep-redis", "--dry-run").expect(15).output
        #expect(plan.contains("at most 120 s"), "\(plan)")
        try instance.editEnvFile("9f2c47d1e0b86a35c7f41d9280ae53b6", "00112233445566778899aabbccddeeff")
        // The backup keeps its own key: the copy is encrypted with the one in force.
        let exchanged = try instance.ops("restore", "--in-place", "--keep-redis", "--dry-run").expect(15).output
        #expect(exchanged.contains("encrypt the copy with the key in force"), "\(exchanged)")
        // A key that can be none is told as that, and not as another one.
        try instance.editEnvFile("00112233445566778899aabbccddeeff", "abc")
        let fault = try instance.refuses(
            ["restore", "--in-place", "--yes"], exit: 12, code: "in-place.key-unknown",
            naming: ["2 things stand in the way: (1) Redis cannot be emptied: ", "ENCRYPTION_KEY has 3 bytes"])
        #expect(
            fault.hints.contains { $0.contains("--keep-redis") }
                && fault.hints.contains { $0.contains("--files kept-files") })
        struct Several: Decodable {
            struct Obstacle: Decodable {
                let code: String
                let hints: [String]
            }
            let obstacles: [Obstacle]
        }
        let json = try instance.run(["restore", "--in-place", "--yes", "--json"]).expect(12).errors
        let several = try JSONDecoder().decode(Several.self, from: Data(json.utf8)).obstacles
        #expect(several.map(\.code) == ["in-place.redis-unreachable", "in-place.key-unknown"])
        #expect(
            several[0].hints.contains { $0.contains("--keep-redis") } && !several[1].hints.joined().contains("redis"))
        #expect(several[1].hints[2] == "then run this command again", "\(several)")
        let short = try instance.run(["restore", "--in-place", "--keep-redis", "--dry-run", "--json"]).expect(12)
            .fault()
        #expect(
            short.code == "in-place.key-unknown" && short.message.contains("ENCRYPTION_KEY has 3 bytes"), "\(short)")
    }

    @Test func `a journal that is not one is left, and told`() throws {
        try instance.write(Array("{}".utf8), to: journal)
        #expect(try instance.run(words).expect(3).fault().code == "journal.other-kind")
        #expect(FileManager.default.fileExists(atPath: journal))
        try Files(effects: Effects()).rename(journal, to: instance.state + "/in-place.json")
        #expect(try instance.run(words).expect(3).fault().code == "in-place.bad-journal")
    }

    @Test func `an undo is of the restore that was interrupted, and of no earlier one`() throws {
        try leave(.copying, live: instance.database)
        let undo = ["restore", "--in-place", "--undo", "--keep-redis"]
        let health = try instance.ops("health")
        #expect(health.errors.contains("hint: run: infisical-ops restore x --in-place --keep-redis\n"))
        let plan = try instance.run(undo + ["--dry-run"]).expect(0).output
        #expect(plan.contains("the restore of x in place (database \(instance.database))") && !plan.contains("go on"))
        let report: Outcome = try instance.run(undo + ["--yes", "--json"]).expect(0).object()
        #expect(report.schema == "infisical-ops/restore-in-place/1" && report.outcome == "discarded")
        #expect(report.backup == "x" && report.kept == nil && report.warnings == [])
        #expect(try !isLeft && !wasRun("stopped"))
        // The next one is about earlier restores, of which there is none.
        let refused = try instance.run(undo + ["--yes", "--json"]).expect(3).fault(), server = try LiveServer.get()
        #expect(refused.code == "in-place.nothing-to-undo")
        #expect(
            refused.hints[0] == "run: psql -h \(server.folder) -p \(server.port) -U postgres -l", "\(refused.hints)")
    }

    @Test func `a run that is finished afterwards is not called right before the instance works`() throws {
        try leave(.starting, live: instance.database)
        let ended = try instance.run(words).expect(15)
        struct Report: Decodable {
            struct Step: Decodable {
                let part: String
                let condition: String
            }
            struct Health: Decodable { let steps: [Step] }
            let schema: String
            let kept: String
            let health: Health
            let exit: Int32
        }
        let report: Report = try ended.object()
        #expect(report.schema == "infisical-ops/restore-in-place/1" && report.kept == instance.database + "_before_x")
        // Nobody says where the backend answers.
        #expect(report.health.steps.contains { $0.part == "backend" && $0.condition == "not checked" })
        #expect(report.exit == 15)
        #expect(try !isLeft && wasRun("started") && !wasRun("stopped"))
    }

    @Test func `an owner who is no superuser restores in place, and one who may make no databases is refused before`()
        throws
    {
        let role = instance.database + "_owner", server = try LiveServer.get()
        let superuser = try LiveServer.connect(server.endpoint())
        try superuser.query("CREATE ROLE \(identifier: role) LOGIN")
        try superuser.query("ALTER DATABASE \(identifier: instance.database) OWNER TO \(identifier: role)")
        // All that the application made, as where it was set up under a user of its own.
        try instance.connection().execute(
            script: """
                DO $$ DECLARE r record; BEGIN
                    FOR r IN SELECT 'TABLE' AS kind, c.oid::regclass::text AS name FROM pg_class c
                        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
                        UNION SELECT 'FUNCTION', p.oid::regprocedure::text FROM pg_proc p
                        LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
                        WHERE p.pronamespace = 'public'::regnamespace AND d.objid IS NULL
                        UNION SELECT 'TYPE', t.oid::regtype::text FROM pg_type t
                        WHERE t.typnamespace = 'public'::regnamespace AND t.typtype = 'e'
                    LOOP EXECUTE format('ALTER %s %s OWNER TO %I', r.kind, r.name, '\(role)'); END LOOP;
                END $$;
                """)
        let url = "postgresql:///\(instance.database)?host=\(server.folder)&port=\(server.port)&user=\(role)"
        let own: [String: EnvironmentValue] = ["INFISICAL_OPS_DATABASE_URL": .plain(url)]
        try instance.run(["backup"], environment: own).expect(0)
        let refused = try instance.run(words, environment: own).expect(3).fault()
        #expect(refused.code == "in-place.may-not-rename" && refused.message.contains("CREATEDB"))
        #expect(try !isLeft && !wasRun("stopped"))
        try superuser.query("ALTER ROLE \(identifier: role) CREATEDB")
        try instance.sql("DELETE FROM secrets_v2")
        // Nothing is known of a backend here, which is no success.
        let ended = try instance.run(words, environment: own).expect(15)
        let names = try instance.databases().filter { $0.hasPrefix(instance.database + "_") }
        instance.restored = names
        #expect(names.count == 1)
        #expect(try !isLeft, "\(ended.errors)")
        #expect(try instance.sql("SELECT count(*) AS n FROM secrets_v2").only().integer("n") > 0)
        try superuser.query("ALTER DATABASE \(identifier: names[0]) ALLOW_CONNECTIONS true")
        for database in [instance.database, names[0]] {
            let connection = try LiveServer.connect(server.endpoint(database: database))
            try connection.query("REASSIGN OWNED BY \(identifier: role) TO postgres")
            try connection.query("DROP OWNED BY \(identifier: role)")
            connection.close()
        }
        try superuser.query("DROP ROLE \(identifier: role)")
    }

    @Test func `a backup that was taken without a key is put in place where the key in force opens it`() throws {
        let key = "INFISICAL_ENCRYPTION_KEY=9f2c47d1e0b86a35c7f41d9280ae53b6"
        try instance.editEnvFile(key, "")
        try instance.run(["backup"], environment: ["INFISICAL_OPS_KEY": "elsewhere"]).expect(0)
        // Without any key nothing could say that the instance starts on it.
        let refused = try instance.run(words).expect(12).fault()
        #expect(refused.code == "in-place.key-unknown")
        let file = try String(contentsOfFile: instance.envFile, encoding: .utf8)
        try instance.write(Array((file + "\n" + key.dropLast(1) + "0\n").utf8), to: instance.envFile)
        // The plan tries it on the backup's own data: it ends as the run would, and nothing is made for it.
        let databases = try instance.databases()
        for last in [words, words.filter { $0 != "--yes" } + ["--dry-run"]] {
            #expect(try instance.run(last).expect(12).fault().code == "in-place.copy-does-not-open")
        }
        #expect(try instance.databases() == databases)
        #expect(!wasRun("stopped"))
        try instance.write(Array((file + "\n" + key + "\n").utf8), to: instance.envFile)
        // Nothing is known of a backend here, which is no success.
        try instance.run(words).expect(15)
        instance.restored = try instance.databases().filter { $0.hasPrefix(instance.database + "_") }
        #expect(wasRun("stopped") && instance.restored.count == 1)
    }

    @Test func `what cannot be checked afterwards is said before and after, with the setting's name`() throws {
        struct Plan: Decodable { let warnings: [String] }
        let plan: Plan = try instance.run(words.filter { $0 != "--yes" && $0 != "--json" } + ["--dry-run", "--json"])
            .expect(15).object()
        #expect(plan.warnings.contains { $0.contains("set instance.url") && $0.contains("ends with 15") })
        let ended = try instance.ops("restore", "--in-place", "--keep-redis", "--yes", "-q").expect(15)
        instance.restored = try instance.databases().filter { $0.hasPrefix(instance.database + "_") }
        #expect(
            ended.errors.contains(
                "whether the backend works could not be checked: its address is not configured; set instance.url, then run: "
                    + "infisical-ops health"), "\(ended.errors)")
        let undone: Outcome = try instance.ops(
            "restore", "--in-place", "--undo", "--keep-redis", "--yes", "--json"
        ).expect(15).object()
        instance.restored = try instance.databases().filter { $0.hasPrefix(instance.database + "_") }
        #expect(undone.warnings.filter { $0.contains("instance.url") }.count == 1, "\(undone.warnings)")
        struct RestartPlan: Decodable { let warnings: [String] }
        let restart: RestartPlan = try instance.ops("restart", "--dry-run", "--json").expect(15).object()
        #expect(restart.warnings.contains { $0.contains("set instance.url") })
    }

    @Test func `an undo that is advised leaves Redis alone where the restore did`() throws {
        // Nothing is known of a backend here, which is no success.
        let ended = try instance.ops("restore", "--in-place", "--keep-redis", "--yes").expect(15)
        instance.restored = try instance.databases().filter { $0.hasPrefix(instance.database + "_") }
        #expect(
            ended.output.contains("\nundo: infisical-ops restore --in-place --undo --keep-redis\n"), "\(ended.output)")
        let undo = try instance.ops("restore", "--in-place", "--undo", "--keep-redis", "--yes").expect(15)
        instance.restored = try instance.databases().filter { $0.hasPrefix(instance.database + "_") }
        #expect(undo.output.contains("undone: the database from before the restore of "), "\(undo.output)")
        #expect(undo.output.contains("; the restored database is kept as \"\(instance.database)_undone_"))
        #expect(undo.output.contains("\nredo: infisical-ops restore --in-place --undo --keep-redis\n"))
    }

    @Test func `an undo of an undo is called a redo, by its plan, its result and its JSON`() throws {
        let id = try instance.ids()[0], undo = ["restore", "--in-place", "--undo", "--keep-redis"]
        // Nothing is known of a backend here, which is no success.
        let restored: Outcome = try instance.run(words).expect(15).object()
        #expect(restored.outcome == "restored" && restored.backup == id)
        #expect(restored.kept?.hasPrefix(instance.database + "_before_") == true)
        for (number, outcome) in ["undone", "redone", "undone"].enumerated() {
            let plan = try instance.run(undo + ["--dry-run"]).expect(15).output
            let verb = outcome == "redone" ? "Redo" : "Undo"
            #expect(plan.hasPrefix("\(verb) the restore of \(id): put the database \""), "\(plan)")
            #expect(plan.contains("already undone") == (outcome == "redone"))
            let report: Outcome = try instance.run(undo + ["--yes", "--json"]).expect(15).object()
            #expect(report.outcome == outcome && report.backup == id, "\(number)")
            // What is kept is called what it is.
            let word = outcome == "undone" ? "_undone_" : "_before_"
            #expect(report.kept?.hasPrefix(instance.database + word) == true, "\(report.kept ?? "")")
            #expect(report.warnings.contains { $0.hasPrefix("tokens and sessions") && $0.contains("AUTH_SECRET") })
        }
        let redone = try instance.run(undo + ["--yes"]).expect(15).output
        instance.restored = try instance.databases().filter { $0.hasPrefix(instance.database + "_") }
        #expect(
            redone.contains("redone: the restored copy of \(id) is in place again; the previous database is kept as"))
    }

    @Test func `a failure that was there before a signal is told as that failure`() throws {
        // The signal comes while what had failed by itself is put back.
        let script = instance.path("start.sh")
        try instance.write(Array("#!/bin/sh\nkill -TERM $PPID\nsleep 0.2\n".utf8), to: script)
        let commands =
            "instance:\n  containers: none\n  commands: { stop: [/bin/false], start: [/bin/sh, \(script)] }\n"
        try instance.write(Array(commands.utf8), to: instance.configuration)
        let fault = try instance.run(words).expect(1).fault()
        #expect(fault.code == "instance.command-failed" && fault.message.contains("instance.commands.stop"), "\(fault)")
        #expect(try !isLeft && instance.databases() == [instance.database])
    }

    @Test func `a signal at the stop of the backend is told with what holds and the command that goes on`() throws {
        let script = instance.path("stop.sh"), id = try instance.ids()[0]
        try instance.write(Array("#!/bin/sh\nkill -INT $PPID\nsleep 5\n".utf8), to: script)
        let started = instance.path("started")
        let commands = """
            instance:
              containers: none
              commands: { stop: [/bin/sh, \(script)], start: [/usr/bin/touch, \(started)] }

            """
        try instance.write(Array(commands.utf8), to: instance.configuration)
        let fault = try instance.run(words).expect(130).fault()
        #expect(
            fault.message == "stopped by Ctrl-C; the live database \"\(instance.database)\" is unchanged, "
                + "the copy was dropped, and the backend was started again", "\(fault)")
        #expect(fault.hints == ["run: infisical-ops restore \(id) --in-place --keep-redis"] && fault.cleanup == [])
        #expect(try !isLeft && wasRun("started") && instance.databases() == [instance.database])
    }

    @Test func `a restore without Redis that is finished by the next run is undone without it`() throws {
        try leave(.starting, live: instance.database)
        let ended = try instance.ops("restore", "--in-place", "--yes").expect(15)
        #expect(
            ended.output.contains("\nundo: infisical-ops restore --in-place --undo --keep-redis\n"), "\(ended.output)")
    }

    @Test func `a session that the user may not end is named, and the database stays open`() throws {
        let role = instance.database + "_plain", server = try LiveServer.get()
        let superuser = try LiveServer.connect(server.endpoint())
        try superuser.query("CREATE ROLE \(identifier: role) LOGIN CREATEDB")
        try superuser.query("GRANT pg_read_all_data TO \(identifier: role)")
        try superuser.query("ALTER DATABASE \(identifier: instance.database) OWNER TO \(identifier: role)")
        let url = "postgresql:///\(instance.database)?host=\(server.folder)&port=\(server.port)&user=\(role)"
        let own: [String: EnvironmentValue] = ["INFISICAL_OPS_DATABASE_URL": .plain(url)]
        // The wait for the backend's own sessions does not see it, as with containers it sees none that has a name.
        let theirs = try instance.connection()
        // One that is not this program's is refused before anything is stopped, and a plan says so as well.
        try theirs.query("SET application_name = 'a monitor'")
        for more in [["--no-owner"], ["--no-owner", "--dry-run"]] {
            let early = try instance.run(words + more, environment: own).expect(1).fault()
            #expect(
                early.code == "in-place.sessions-left" && early.message.contains("a monitor of postgres"), "\(early)")
            #expect(try !isLeft && !wasRun("stopped") && !wasRun("started"))
        }
        // As the backend's own, which end with it, it is seen again by the exchange.
        try theirs.query("SET application_name = 'infisical-ops test'")
        let fault = try instance.run(words + ["--no-owner"], environment: own).expect(1).fault()
        #expect(fault.code == "in-place.sessions-left" && fault.message.contains("of postgres"), "\(fault)")
        #expect(try !isLeft && wasRun("started"))
        theirs.close()
        #expect(try instance.sql("SELECT count(*) AS n FROM secrets_v2").only().integer("n") > 0)
        #expect(try instance.databases() == [instance.database])
        try superuser.query("ALTER DATABASE \(identifier: instance.database) OWNER TO postgres")
        try superuser.query("DROP OWNED BY \(identifier: role)")
        try superuser.query("DROP ROLE \(identifier: role)")
    }

    @Test func `the half-made copy of a killed run goes, also while its sessions are still there`() throws {
        let copy = instance.database + "_restored_x", temporary = copy + "_restoring_17"
        let server = try LiveServer.get()
        try LiveServer.connect(server.endpoint()).query(
            "CREATE DATABASE \(identifier: temporary) TEMPLATE template0")
        try leave(.copying, live: instance.database, copy: copy)
        let inside = try LiveServer.connect(server.endpoint(database: temporary))
        // It goes on with what was asked for then; nothing is known of a backend here, which is no success.
        try instance.run(words).expect(15)
        let names = try instance.databases().filter { $0.hasPrefix(instance.database + "_") }
        instance.restored = names
        #expect(try !isLeft && names.count == 1 && names[0].hasPrefix(instance.database + "_before_"))
        #expect(throws: (any Error).self) { try inside.query("SELECT 1") }
    }

    @Test func `a database that is down is an instance that cannot be reached, and Redis has hints that fit`() throws {
        let unset = try instance.run(["restore", "--in-place", "--yes", "--json"]).expect(3).fault()
        #expect(unset.code == "in-place.redis-unreachable")
        #expect(unset.hints.first?.hasPrefix("set REDIS_URL in the env file") == true, "\(unset.hints)")
        try instance.write(
            Array(Data(contentsOf: URL(filePath: instance.envFile))) + Array("\nREDIS_URL=redis://127.0.0.1:1\n".utf8),
            to: instance.envFile)
        let silent = try instance.run(["restore", "--in-place", "--yes", "--json"]).expect(3).fault()
        #expect(silent.hints.contains { $0.hasPrefix("is it running, and is REDIS_URL") }, "\(silent.hints)")
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
        for more in [["--keep-redis"], [], ["--undo", "--keep-redis"]] {
            let down = try instance.run(["restore", "--in-place", "--yes", "--json"] + more).expect(15).fault()
            #expect(down.code == "postgres.unreachable" || down.code.hasPrefix("postgres."), "\(down)")
        }
    }

    @Test func `status says what was cut off first, by its exit code`() throws {
        try leave(.exchanging, live: instance.database)
        let status = try instance.ops("status").expect(14)
        #expect(status.errors.contains("was interrupted, or is running now; run: infisical-ops restore"))
    }
}
