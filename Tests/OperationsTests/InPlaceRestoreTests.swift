import Effects
import Faults
import FoundationEssentials
import Glibc
import InPlace
import InstanceAccess
import InstanceHealth
import LiveSupport
import Postgres
import Processes
import Repository
import Synchronization
import TestSupport
import Testing

@testable import Operations

/// Restores in place, in this process: without containers, stopped and started by commands.
@Suite struct InPlaceRestoreTests {
    private let bench: Bench
    /// How many webhooks the backup has; the live database has none.
    private let all: Int

    init() throws {
        bench = try Bench(copying: PreparedRepository.ofOctober(), own: .october)
        all = try bench.sql("SELECT count(*) AS n FROM public.webhooks").only().integer("n")
        use(
            stop: "/usr/bin/touch \(bench.folder.path("stopped"))",
            start: "/usr/bin/touch \(bench.folder.path("started"))")
        try bench.sql("DELETE FROM public.webhooks")
    }

    private func use(stop: String, start: String, url: String? = nil) {
        let words = { (line: String) in "[\(line.split(separator: " ").map { "\"\($0)\"" }.joined(separator: ", "))]" }
        bench.instanceLines =
            ["containers: none", "commands: { stop: \(words(stop)), start: \(words(start)) }"]
            + (url.map { ["url: \"\($0)\""] } ?? [])
    }

    private func options(undoes: Bool = false) -> InPlaceRestore.Options {
        var options = InPlaceRestore.Options()
        options.keepsRedis = true
        options.undoes = undoes
        options.timeout = .seconds(1)
        options.stopPatience = 1
        return options
    }

    @discardableResult private func restore(undoes: Bool = false) throws -> InPlaceRestore.Report {
        // The names of what is kept have no fractions of a second, and two undos may follow each other in one.
        bench.runs += 1
        bench.clock = ShiftedClock(seconds: Int64(bench.runs))
        let operation = InPlaceRestore(try bench.workplace(), options(undoes: undoes))
        let report = try operation.perform(try operation.plan(), progress: BackupProgress()) { _ in }
        if let kept = report.kept { bench.drops(kept) }
        return report
    }

    private func webhooks() throws -> Int {
        try bench.sql("SELECT count(*) AS n FROM public.webhooks").only().integer("n")
    }

    private func wasRun(_ command: String) -> Bool { access(bench.folder.path(command), F_OK) == 0 }

    private func fault(_ body: () throws -> Void) -> (any Fault)? {
        do { try body() } catch { return .of(error) }
        return nil
    }

    /// An HTTP server that answers as it is told.
    private func server(_ status: String, _ body: String) throws -> LoopbackServer {
        let answer = Array(
            "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                .utf8)
        return try LoopbackServer { _ in answer }
    }

    /// Each look at it is a second later.
    private final class TickingClock: Clock {
        private let looks = Atomic<Int64>(0)

        func now() -> Timestamp {
            let seconds = SystemClock().now().seconds + looks.add(1, ordering: .relaxed).newValue
            return Timestamp(seconds: seconds)
        }
        func monotonic() -> UInt64 { SystemClock().monotonic() }
    }

    @Test func `its plan dates the backup by when it was begun, as every other plan does`() throws {
        bench.clock = TickingClock()
        let manifest = try bench.backup().entry
        try #require(manifest.started != manifest.finished)
        let plan = try InPlaceRestore(try bench.workplace(), options()).plan()
        #expect(plan.steps[0].contains("\(manifest.id.text) (\(manifest.started)) in the place of"), "\(plan.steps)")
    }

    @Test func `a restore and its undo change places, and each can be undone`() throws {
        let report = try restore()
        #expect(all > 0)
        #expect(try webhooks() == all && report.rows ?? 0 > 10_000 && wasRun("stopped") && wasRun("started"))
        #expect(report.undoStatements.count == 3 && report.dropStatement?.hasPrefix("DROP DATABASE") == true)
        let undone = try restore(undoes: true)
        #expect(try webhooks() == 0 && undone.kept != report.kept)
        try restore(undoes: true)
        #expect(try webhooks() == all)
    }

    @Test func `with the live database missing nothing is kept, and no older one is put back`() throws {
        try restore()
        let kept = try bench.databases()
        try LiveServer.drop(bench.database)
        let report = try restore()
        #expect(report.kept == nil && report.undoStatements.isEmpty && report.dropStatement == nil)
        #expect(try webhooks() == all)
        #expect(fault { try restore(undoes: true) }?.code == "in-place.nothing-to-undo")
        #expect(try bench.databases() == kept)
    }

    @Test func `an undo takes the database that was replaced, whatever others are called`() throws {
        let report = try restore()
        let kept = try #require(report.kept)
        let session = try LiveServer.connect(try LiveServer.get().endpoint())
        // Seven more closed databases of the same beginning, newer by their names.
        for number in 1...7 {
            let other = "\(bench.database)_before_2099010\(number)T000000Z"
            try session.query("CREATE DATABASE \(identifier: other) TEMPLATE template0")
            try session.query("ALTER DATABASE \(identifier: other) ALLOW_CONNECTIONS false")
            bench.drops(other)
        }
        try restore(undoes: true)
        #expect(try webhooks() == 0)
        #expect(try bench.databases().filter { $0.contains("_before_2099") }.count == 7)
        // One that has taken the name is another database.
        let again = try restore()
        let name = try #require(again.kept)
        #expect(name != kept)
        try LiveServer.drop(name)
        try session.query("CREATE DATABASE \(identifier: name) TEMPLATE template0")
        let refused = fault { try restore(undoes: true) }
        #expect(refused?.code == "in-place.nothing-to-undo" && refused?.message.contains(name) == true)
        #expect(try webhooks() == all)
    }

    @Test func `a stop command that does nothing is found out while a session is left`() throws {
        let before = try LiveServer.get().endpoint(database: bench.database)
        let session = try ChildProcess(
            "psql", ["-h", before.host, "-p", "\(before.port)", "-U", "postgres", "-d", bench.database, "-Atq"])
        defer { session.closeInput() }
        for _ in 0..<50
        where try bench.sql(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'psql'"
        ).isEmpty { usleep(100_000) }
        let refused = fault { try restore() }
        #expect(refused?.code == "instance.not-stopped" && refused?.message.contains("psql of postgres") == true)
        #expect(try webhooks() == 0 && bench.databases().isEmpty && wasRun("started"))
        // Nothing is left to be recovered.
        #expect(try InPlaceRestore(bench.workplace(), options()).unfinished() == nil)
    }

    @Test(arguments: [
        ("200 OK", "{\"date\":\"2026-01-01T00:00:00.000Z\",\"message\":\"Ok\"}"),
        ("500 Internal Server Error", "{\"reqId\":\"req-1\",\"statusCode\":500,\"error\":\"DatabaseError\"}"),
    ])
    func `a backend that still answers, well or ill, is not stopped`(_ status: String, _ body: String) throws {
        let backend = try server(status, body)
        use(stop: "/bin/true", start: "/bin/true", url: "http://127.0.0.1:\(backend.port)")
        let refused = fault { try restore() }
        #expect(
            refused?.code == "instance.not-stopped" && refused?.message.contains("answers \(status.prefix(3))") == true)
        #expect(try webhooks() == 0 && bench.databases().isEmpty)
    }

    @Test(arguments: [
        ("502 Bad Gateway", "<html>nginx</html>"), ("503 Service Unavailable", "{\"message\":\"no upstream\"}"),
    ])
    func `a proxy that has lost its backend is none`(_ status: String, _ body: String) throws {
        let proxy = try server(status, body)
        use(stop: "/bin/true", start: "/bin/true", url: "http://127.0.0.1:\(proxy.port)")
        let report = try restore()
        #expect(try webhooks() == all)
        // Nothing answers as Infisical afterwards either, which is no success.
        #expect(report.health.exit == .unhealthy)
    }

    @Test func `a server that is older than the backup is refused, and one that is newer is told to migrate it`() throws
    {
        let count: Int = try bench.sql("SELECT count(*) AS n FROM public.infisical_migrations").only().integer("n")
        try bench.sql(
            "INSERT INTO public.infisical_migrations (name, batch, migration_time) VALUES ('20990101000000_later.mjs', 99, now())"
        )
        let plan = try InPlaceRestore(try bench.workplace(), options()).plan()
        #expect(plan.steps.contains { $0.contains("migrates it from \(count) migrations") && $0.contains("20990101") })
        try bench.sql("DELETE FROM public.infisical_migrations WHERE id > 120")
        let refused = fault { try restore() }
        #expect(refused?.code == "in-place.older-server" && refused?.exit == .refused)
        #expect(!wasRun("stopped"))
        try bench.sql("DELETE FROM public.infisical_migrations")
        let unknown = try InPlaceRestore(try bench.workplace(), options()).plan()
        #expect(unknown.warnings.contains { $0.contains("is not known") })
    }

    @Test
    func `what fails before the exchange puts everything back, and what fails after it is finished by the next run`()
        throws
    {
        use(stop: "/bin/false", start: "/usr/bin/touch \(bench.folder.path("started"))")
        #expect(fault { try restore() }?.code == "instance.command-failed")
        #expect(try bench.databases().isEmpty && wasRun("started"))
        use(stop: "/bin/true", start: "/bin/false")
        let unfinished = fault { try restore() }
        #expect(unfinished?.code == "in-place.unfinished" && unfinished?.exit == .unhealthy)
        #expect(try webhooks() == all)
        use(stop: "/bin/true", start: "/bin/true")
        let operation = InPlaceRestore(try bench.workplace(), options())
        #expect(try operation.unfinished() != nil)
        guard case .finished(let report) = try operation.recover(told: { _ in }) else {
            Issue.record("it was not finished")
            return
        }
        try bench.dropsAll()
        #expect(try report.backup != nil && operation.unfinished() == nil)
    }

    @Test(arguments: [
        ("starting the backend", "whether the backend was started is not known"),
        ("waiting until everything works", "the backend was started again"),
    ])
    func `a run that is stopped after the exchange says that it took place`(moment: String, backend: String) throws {
        let operation = InPlaceRestore(try bench.workplace(), options()), plan = try operation.plan()
        let stopped = fault {
            _ = try operation.perform(plan, progress: BackupProgress()) {
                if $0.hasPrefix(moment) { bench.cancellation.cancel(signal: SIGTERM) }
            }
        }
        let kept = try bench.databases()
        for name in kept { bench.drops(name) }
        #expect(stopped?.exit == .terminated && stopped?.code == "run.interrupted")
        let id = try #require(plan.backup?.id.text)
        #expect(
            stopped?.message
                == "stopped by a signal (SIGTERM); the databases were swapped: the live database \"\(bench.database)\" is "
                + "now the restored copy of the backup \(id), the previous database is kept as \"\(kept.first ?? "")\", "
                + "and \(backend)", "\(stopped?.message ?? "")")
        #expect(try webhooks() == all)
        bench.cancellation = Cancellation()
        let next = InPlaceRestore(try bench.workplace(), options())
        if moment == "starting the backend" {
            #expect(stopped?.hints == [.command(["infisical-ops", "restore", id, "--in-place", "--keep-redis"])])
            guard case .finished = try next.recover(told: { _ in }) else {
                Issue.record("it was not finished")
                return
            }
        } else {
            // Redis is left to itself by the undo as well.
            let undo = ["infisical-ops", "restore", "--in-place", "--undo", "--keep-redis"]
            #expect(stopped?.hints.last == .command(undo))
        }
        #expect(try next.unfinished() == nil && wasRun("started"))
    }

    @Test
    func `a check of Infisical's own that only new rows meet keeps a copy from going live, with and without owners`()
        throws
    {
        let owner = bench.database + "_app"
        try bench.script(
            """
            CREATE ROLE \(owner); ALTER TABLE public.infisical_migrations OWNER TO \(owner);
            CREATE FUNCTION public.fine(i int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
            CREATE TABLE public.own (a int CONSTRAINT late CHECK (public.fine(a))); INSERT INTO public.own VALUES (1);
            ALTER TABLE public.own OWNER TO \(owner);
            CREATE OR REPLACE FUNCTION public.fine(i int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT i > 5';
            """)
        try bench.backup()
        for noOwner in [true, false] {
            var options = options()
            options.noOwner = noOwner
            let operation = InPlaceRestore(try bench.workplace(), options)
            let refused = fault {
                _ = try operation.perform(try operation.plan(), progress: BackupProgress()) { _ in }
            }
            #expect(refused?.code == "restore.copy-incomplete" && refused?.message.contains("public.own late") == true)
            #expect(try !wasRun("stopped") && bench.databases().isEmpty)
        }
        try bench.script("REASSIGN OWNED BY \(owner) TO postgres; DROP OWNED BY \(owner); DROP ROLE \(owner)")
    }

    @Test(arguments: [true, false])
    func `a backup that has nothing of Infisical's is refused before anything is stopped`(isEmpty: Bool) throws {
        let other = try Bench(nil)
        if !isEmpty { try other.script("CREATE TABLE public.users AS SELECT 1 AS id") }
        other.instanceLines = bench.instanceLines
        try other.backup()
        let refused = fault { _ = try InPlaceRestore(try other.workplace(), options()).plan() }
        #expect(
            refused?.code == "in-place.not-infisical" && refused?.exit == .refused && refused?.hints.isEmpty == false)
        #expect(try !wasRun("stopped") && other.databases().isEmpty)
    }

    /// Puts the journal and the databases into the state that a run leaves that is killed just before the renames.
    private func leaveUnfinished() throws -> InPlaceWork {
        let workplace = try bench.workplace(), plan = try InPlaceRestore(workplace, options()).plan()
        let journal = try InPlaceJournal(workplace.instance)
        _ = try journal.begin(plan.work)
        for state in [InPlaceMachine.State.copying, .stopping, .exchanging] { try journal.enter(state) }
        try bench.script("CREATE DATABASE \"\(plan.work.copy)\" TEMPLATE template0", in: "postgres")
        try bench.script("ALTER DATABASE \(bench.database) ALLOW_CONNECTIONS false", in: "postgres")
        return plan.work
    }

    @Test func `a resumed run that cannot stop the backend lets sessions in again and throws the copy away`() throws {
        let work = try leaveUnfinished()
        bench.drops(work.copy)
        use(stop: "/bin/false", start: "/usr/bin/touch \(bench.folder.path("started"))")
        let operation = InPlaceRestore(try bench.workplace(), options())
        let failed = fault { _ = try operation.recover(told: { _ in }) }
        #expect(failed?.code == "instance.command-failed")
        // The live database is as it was, and open.
        let count = try webhooks(), left = try bench.databases()
        #expect(count == 0 && wasRun("started"))
        #expect(left == [])
        #expect(try operation.unfinished() == nil)
    }

    @Test func `a backend that a service manager started before the run is resumed is stopped again`() throws {
        let refuses = bench.folder.path("refuses"), stopped = bench.folder.path("stopped")
        let redis = try LocalServers.redis(refusingFlush: { access(refuses, F_OK) == 0 })
        let backend = try LocalServers.backend { access(stopped, F_OK) != 0 }
        try bench.folder.write("refuses", "")
        try bench.addToEnvFile("INFISICAL_REDIS_URL=redis://127.0.0.1:\(redis.port)")
        use(
            stop: "/usr/bin/touch \(stopped)", start: "/bin/rm -f \(stopped)",
            url: "http://127.0.0.1:\(backend.port)")
        var options = options()
        options.keepsRedis = false
        let operation = InPlaceRestore(try bench.workplace(), options)
        let unfinished = fault {
            _ = try operation.perform(try operation.plan(), progress: BackupProgress()) { _ in }
        }
        #expect(unfinished?.code == "in-place.unfinished", "\(unfinished?.message ?? "none")")
        #expect(unfinished?.message.contains("NOPERM") == true, "\(unfinished?.message ?? "")")
        // The next backup would otherwise call a backup that was taken meanwhile another instance's.
        #expect(try !bench.workplace().repository().host.changes().isEmpty)
        try bench.dropsAll()
        unlink(stopped)
        unlink(refuses)
        var told: [String] = []
        guard case .finished(let report) = try operation.recover(told: { told.append($0) }) else {
            Issue.record("it was not finished")
            return
        }
        #expect(told.contains("emptying Redis") && report.backup != nil)
        #expect(try webhooks() == all && operation.unfinished() == nil && !wasRun("stopped"))
    }

    @Test func `a Redis that cannot be emptied is left out when the run is resumed so`() throws {
        let redis = try LocalServers.redis(refusingFlush: { true })
        try bench.addToEnvFile("INFISICAL_REDIS_URL=redis://127.0.0.1:\(redis.port)")
        var options = options()
        options.keepsRedis = false
        let operation = InPlaceRestore(try bench.workplace(), options)
        let halted = fault { _ = try operation.perform(try operation.plan(), progress: BackupProgress()) { _ in } }
        #expect(halted?.code == "in-place.unfinished" && halted?.hints.isEmpty == false)
        try bench.dropsAll()
        #expect(fault { _ = try operation.recover(told: { _ in }) }?.code == "in-place.unfinished")
        let keeping = InPlaceRestore(try bench.workplace(), self.options())
        guard case .finished = try keeping.recover(told: { _ in }) else {
            Issue.record("it was not finished")
            return
        }
        #expect(try webhooks() == all && wasRun("started") && keeping.unfinished() == nil)
    }
}
