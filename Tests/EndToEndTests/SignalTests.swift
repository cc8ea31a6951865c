import Effects
import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import TestSupport
import Testing

/// Ctrl-C and SIGTERM: a valid repository, no half backup, no lock, no session left on the server.
@Suite struct SignalTests {
    private func sessions(_ instance: OpsInstance) throws -> Int {
        try instance.connection().query(
            """
            SELECT count(*) AS n FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE 'infisical-ops%'
                AND application_name <> 'infisical-ops test'
            """
        ).only().integer("n")
    }

    /// Sessions end a moment after the program that had them.
    private func expectNoSessions(_ instance: OpsInstance) throws {
        var left = try sessions(instance)
        for _ in 0..<1200 where left > 0 {
            usleep(25_000)
            left = try sessions(instance)
        }
        #expect(left == 0)
    }

    @Test(arguments: [(SIGINT, Int32(130), "Ctrl-C"), (SIGTERM, 143, "SIGTERM")])
    func `a signal in the middle of a backup ends it at once and leaves nothing half done`(
        signal: Int32, exit: Int32, words: String
    ) throws {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        try instance.sql("UPDATE audit_logs SET \"userAgent\" = md5(id::text)")
        let ids = try instance.ids()
        let standing = try StandingBackup(instance)
        #expect(try sessions(instance) > 1)
        standing.signal(signal)
        let end = try standing.ended()
        #expect(end.exit == exit, "\(end.errors)")
        let fault = try JSONDecoder().decode(FaultObject.self, from: Data(end.errors.utf8))
        #expect(fault.code == "run.interrupted" && fault.exit == exit && fault.message.contains(words))
        #expect(fault.cleanup == [])
        Hints.check(fault.hints)
        try expectNoSessions(instance)
        try instance.expectUnlocked()
        #expect(try instance.ids() == ids)
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
        // The next run goes on as if nothing had been.
        try instance.ops("backup").expect(0)
        try instance.expectUnlocked()
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
    }

    @Test func `a second signal changes nothing, and a run for people says it in words`() throws {
        let instance = try OpsInstance(nil)
        let standing = try StandingBackup(instance, ["backup"])
        standing.signal(SIGTERM)
        // Of two signals that wait, a process may be given the second one first.
        for _ in 0..<2400 where !hasBeenAsked(standing.process) { usleep(1_000) }
        standing.signal(SIGINT)
        let end = try standing.ended()
        #expect(end.exit == 143)
        #expect(
            end.errors.hasPrefix(
                "infisical-ops: error: stopped by a signal (SIGTERM); there is no new backup\ninfisical-ops: hint: "))
        try instance.expectUnlocked()
    }

    @Test func `a killed run leaves at most what the next one takes away`() throws {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        try instance.sql("UPDATE audit_logs SET \"userAgent\" = md5(id::text)")
        let standing = try StandingBackup(instance)
        standing.signal(SIGKILL)
        #expect(try standing.ended().exit == 128 + SIGKILL)
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
        try instance.ops("backup").expect(0)
        try instance.expectUnlocked()
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
        #expect(try instance.ids().count == 2)
    }

    @Test func `a run that waits for a lock can be stopped`() throws {
        let instance = try OpsInstance(nil)
        let standing = try StandingBackup(instance)
        let waiting = try BackgroundRun(instance, ["backup", "--wait", "1h", "--json"])
        // It waits once it has the lock's file open.
        let lock = instance.repository + "/locks/backup"
        for _ in 0..<2400 where !holds(waiting.process, lock) { usleep(25_000) }
        waiting.signal(SIGINT)
        #expect(try waiting.wait() == 130)
        #expect(try standing.finish() == 0)
    }

    /// Whether a signal has been acted on: the eventfd of its cancellation counts, or the process has come to its end.
    private func hasBeenAsked(_ process: Int32) -> Bool {
        let folder = "/proc/\(process)/fdinfo"
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder), !names.isEmpty else {
            return true
        }
        return names.contains {
            guard let data = try? Data(contentsOf: URL(filePath: "\(folder)/\($0)")) else { return false }
            return String(decoding: data, as: UTF8.self).split(separator: "\n").contains {
                $0.hasPrefix("eventfd-count:") && $0.contains { ("1"..."9").contains($0) }
            }
        }
    }

    private func holds(_ process: Int32, _ path: String) -> Bool {
        let folder = "/proc/\(process)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.contains { linkTarget("\(folder)/\($0)") == path }
    }

    @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
    func `a restore that is stopped leaves no database`(signal: Int32, exit: Int32) throws {
        let instance = try OpsInstance(nil)
        // An index that is quickly made here, and slowly where it is restored.
        try instance.connection().execute(
            script: """
                CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
                    IF pg_catalog.current_database() <> '\(instance.database)' THEN PERFORM pg_catalog.pg_sleep(60); END IF;
                    RETURN $1;
                END $$;
                CREATE TABLE t AS SELECT 1 AS a;
                CREATE INDEX slow ON t (slow(a));
                """)
        try instance.ops("backup").expect(0)
        let copy = try instance.restoredName()
        let run = try BackgroundRun(instance, ["restore", "--to-database", copy, "--yes", "--json"])
        let isSlow: SQL = """
            SELECT 1 FROM pg_stat_activity WHERE starts_with(datname, \(literal: copy)) AND wait_event = 'PgSleep'
            """
        let watcher = try instance.connection()
        for _ in 0..<2400 where try watcher.query(isSlow).isEmpty { usleep(25_000) }
        #expect(try instance.databases().count == 2)
        run.signal(signal)
        #expect(try run.wait() == exit)
        let fault = try JSONDecoder().decode(FaultObject.self, from: Data(try run.errors.utf8))
        #expect(fault.code == "run.interrupted" && fault.cleanup == [])
        #expect(fault.message.hasSuffix("the unfinished copy was removed, no other database was touched"))
        #expect(fault.hints == ["run the same command again: a restore starts from the beginning"])
        #expect(try instance.databases() == [instance.database])
        try instance.expectUnlocked()
    }
}
