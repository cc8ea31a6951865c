import Effects
import Glibc
import LiveSupport
import Postgres
import Processes
import Synchronization
import TestSupport
import Testing

/// A backup that loses a session, its server or `pg_dump` in the middle: a failure with its cause, no backup, nothing
/// harmed.
@Suite(.serialized) struct LostSessionTests {
    /// An instance with one good backup, whose next ones stand still in `pg_dump` while a worker reads.
    private func instance(at server: ScratchServer? = nil, steps: String = "exec sleep 120") throws -> OpsInstance {
        let instance = try OpsInstance(nil)
        if let server {
            instance.environment["INFISICAL_OPS_DATABASE_URL"] = .plain(
                "postgresql:///postgres?host=\(server.folder)&user=postgres")
        }
        let endpoint = try server?.endpoint() ?? LiveServer.get().endpoint(database: instance.database)
        try LiveServer.connect(endpoint).execute(
            script: """
                CREATE TABLE public.notes AS SELECT n AS id, repeat(md5(n::text), 30) AS text
                FROM generate_series(1, 5000) n
                """)
        try instance.ops("backup").expect(0)
        try instance.replacePgDump(by: steps)
        try instance.write(
            Array("backup: { jobs: 2, pg_dump: \(instance.folder.path("pg_dump")) }\n".utf8),
            to: instance.configuration)
        return instance
    }

    /// What has to hold after a failed run: told as a failure, nothing published, the next run as good as ever.
    private func check(
        _ instance: OpsInstance, _ result: OpsResult, codes: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let fault = try result.fault()
        #expect(result.exit == 1 && fault.exit == 1, "\(result.errors)", sourceLocation: sourceLocation)
        #expect(codes.contains(fault.code), "\(result.errors)", sourceLocation: sourceLocation)
        #expect(!fault.hints.isEmpty, sourceLocation: sourceLocation)
        #expect(try instance.backups().count == 1, sourceLocation: sourceLocation)
        try instance.write([], to: instance.configuration)
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
        // A scratch server that was stopped at once may have lost the table, which is told.
        let next = try instance.ops("backup")
        #expect(next.exit == 0 || next.exit == 2 && next.errors.contains("is shrunk"), sourceLocation: sourceLocation)
        try instance.ops("verify", "--all", "--level", "readable").expect(next.exit)
        #expect(try instance.stored("tmp").isEmpty, sourceLocation: sourceLocation)
    }

    @Test(arguments: ["leader", "worker", "monitor"])
    func `a session that the server ends fails the backup`(role: String) throws {
        // A worker that waits for pg_dump learns of its loss when that has ended.
        let instance = try instance(steps: role == "worker" ? "sleep 1" : "exec sleep 120")
        let time = Mutex(0.0)
        let result = try instance.run(["backup", "--json"]) { beside in
            let connection = try beside.connect()
            // A worker is needed for as long as it reads, which is not long: it is ended as soon as it is there.
            if role != "worker" { try beside.waitForPgDump() }
            try connection.execute(
                script: """
                    DO $$ BEGIN FOR turn IN 1..20000 LOOP
                        PERFORM pg_stat_clear_snapshot();
                        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND application_name = 'infisical-ops \(role)';
                        IF FOUND THEN RETURN; END IF;
                        PERFORM pg_sleep(0.001);
                    END LOOP; END $$
                    """)
            let waited = try seconds { try beside.wait { false } }
            time.withLock { $0 = waited }
        }
        #expect(time.withLock { $0 } < 10)
        try check(instance, result, codes: ["postgres.snapshot-gone", "postgres.connection-lost"])
    }

    @Test func `a pg_dump that is killed fails the backup`() throws {
        let instance = try instance()
        let result = try instance.run(["backup", "--json"]) { beside in
            kill(try beside.waitForPgDump(), SIGKILL)
        }
        try check(instance, result, codes: ["process.killed"])
        #expect(try result.fault().message.contains("pg_dump"))
    }

    @Test func `a pg_dump that fails is quoted`() throws {
        let instance = try instance(steps: "echo 'pg_dump: error: out of luck' >&2; exit 1")
        let result = try instance.ops("backup", "--json")
        #expect(result.errors.contains("out of luck"))
        try check(instance, result, codes: ["process.failed"])
    }

    @Test(arguments: [ScratchServer.StopMode.fast, .immediate])
    func `a server that is restarted in the middle fails the backup`(mode: ScratchServer.StopMode) throws {
        let server = try ScratchServer.start(
            in: LiveServer.newFolder(), effects: Effects(), cancellation: Cancellation())
        defer { do { try server.remove() } catch { Issue.record("\(error)") } }
        let instance = try instance(at: server)
        let result = try instance.run(["backup", "--json"], at: server.endpoint()) { beside in
            try beside.waitForPgDump()
            try server.stop(mode)
            try server.start()
        }
        try check(
            instance, result, codes: ["postgres.snapshot-gone", "postgres.connection-lost", "postgres.connect-failed"])
    }

    @Test func `a table that cannot be read to its end is named, and what was stored before is used again`() throws {
        let instance = try instance(steps: "")
        let connection = try instance.connection()
        try connection.execute(
            script: """
                CREATE TABLE public.more AS SELECT n AS id, repeat(md5(n::text), 30) AS text
                FROM generate_series(1, 9000) n;
                CREATE TYPE public.mood AS ENUM ('fine', 'worn');
                CREATE TABLE public.worn AS SELECT 'worn'::public.mood AS mood
                """)
        // A value that the server cannot make out any more, as on a disk with a damaged page.
        try connection.query("DELETE FROM pg_enum WHERE enumlabel = 'worn'")
        let before = try instance.stored("chunks").count
        let result = try instance.ops("backup", "--jobs", "1", "--json")
        #expect(try result.exit == 1 && result.fault().message.contains("\"worn\""), "\(result.errors)")
        #expect(try instance.stored("chunks").count > before)
        try connection.query("TRUNCATE public.worn")
        struct Report: Decodable {
            struct Backup: Decodable { let newBytes, storedBytes: Int }
            let backup: Backup
        }
        try instance.write([], to: instance.configuration)
        let next: Report = try instance.ops("backup", "--json").expect(0).object()
        #expect(next.backup.newBytes < next.backup.storedBytes / 4)
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
    }
}
