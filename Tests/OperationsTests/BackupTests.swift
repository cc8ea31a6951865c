import Age
import DurableFiles
import Effects
import Faults
import InstanceAccess
import LiveSupport
import Operations
import Postgres
import Repository
import TestSupport
import Testing

/// Backups in this process: what is stored, what is said, and what a failure leaves.
@Suite struct BackupTests {
    private func manifests(_ bench: Bench) throws -> Int {
        try bench.stored("backups").filter { $0.hasSuffix(".json") }.count
    }

    @Test func `a plan names databases and files, and stores nothing`() throws {
        let bench = try Bench(nil)
        let plan = try BackupOperation(try bench.workplace(), .init()).plan()
        #expect(plan.repository == bench.repository && plan.escrow == [bench.folder.path(".env")])
        #expect(plan.databases.count == 1 && plan.databases[0].contains("\(bench.database) on "))
        #expect(plan.databases[0].contains("PostgreSQL 15") && plan.jobs == 2 && plan.level == 2)
        #expect(try manifests(bench) == 0 && bench.stored("chunks").isEmpty)
    }

    @Test func `a second run stores only what changed, and goes on with the chain`() throws {
        let bench = try Bench()
        var options = BackupOperation.Options()
        options.tags = ["reason": "before the upgrade"]
        options.jobs = 3
        options.compressionLevel = 5
        let first = try bench.backup(options), manifest = first.entry
        #expect(first.exit == .done && !first.findsDamage && first.warnings.isEmpty && first.seconds > 0)
        #expect(manifest.tags == options.tags && manifest.rowCount > 10_000 && manifest.tableCount == 116)
        #expect(manifest.infisical?.keyOpens == true && manifest.infisical?.users ?? 0 > 0)
        #expect(manifest.escrow?.names == [".env"] && manifest.host == "test" && manifest.previous == nil)
        let second = try bench.backup()
        #expect(second.entry.added.chunks == 0 && second.entry.sequence == manifest.sequence + 1)
        #expect(second.entry.previous?.id == manifest.id && second.entry.tags.isEmpty)
        try bench.sql("UPDATE public.users SET \"firstName\" = 'Another'")
        let third = try bench.backup()
        #expect((1...3).contains(third.entry.added.chunks) && third.entry.rowCount == manifest.rowCount)
    }

    @Test func `the database of audit logs comes along, or is named as left out`() throws {
        let bench = try Bench(nil), server = try LiveServer.get(), logs = bench.newName("logs")
        let session = try LiveServer.connect(server.endpoint())
        try session.query("CREATE DATABASE \(identifier: logs) TEMPLATE template0")
        session.close()
        try bench.script("CREATE TABLE public.audit_logs AS SELECT generate_series(1, 50) AS id", in: logs)
        try bench.script("CREATE TABLE public.t AS SELECT 1 AS a")
        let address = { (port: Int) in
            "AUDIT_LOGS_DB_CONNECTION_URI=postgresql:///\(logs)?host=\(server.folder)&port=\(port)&user=postgres"
        }
        let before = try bench.folder.text(".env")
        try bench.addToEnvFile(address(server.port))
        #expect(try BackupOperation(try bench.workplace(), .init()).plan().databases.count == 2)
        let both = try bench.backup()
        #expect(both.exit == .done && both.entry.databases.map(\.role) == ["main", "audit-logs"])
        #expect(both.entry.databases[1].tables.map(\.rows) == [50] && both.entry.databases[1].name == logs)

        try bench.folder.write(".env", before)
        try bench.addToEnvFile(address(server.port + 1))
        let plan = try BackupOperation(try bench.workplace(), .init()).plan()
        #expect(
            plan.databases.count == 1 && plan.warnings.contains { $0.contains("was left out") && $0.contains(logs) })
        let one = try bench.backup()
        #expect(one.exit == .partial && one.entry.leftOut.map(\.name) == [logs])
        #expect(one.warnings.contains { $0.contains("was left out") && $0.contains(logs) })
        // The first database is no matter of leaving out.
        bench.namesDatabase = false
        #expect(fault { try bench.backup() }?.exit == .failed)
        #expect(try manifests(bench) == 2)
    }

    @Test func `a key that does not open the data, and none at all`() throws {
        let bench = try Bench()
        try bench.editEnvFile("9f2c47d1e0b86a35c7f41d9280ae53b6", "00112233445566778899aabbccddeeff")
        let wrong = try bench.backup()
        #expect(wrong.exit == .keyMismatch && wrong.entry.infisical?.keyOpens == false)
        #expect(wrong.warnings.contains { $0.contains("does not open") })
        // Whatever the key is, the data is stored.
        #expect(wrong.entry.rowCount > 10_000)
        bench.namesEnvFile = false
        let without = try bench.backup()
        #expect(without.entry.escrow == nil && without.entry.infisical?.keyOpens != true)
        #expect(without.warnings.contains { $0.contains("no env file is configured") })
    }

    @Test func `files to keep are sealed to those who are named, and one that is gone is refused`() throws {
        let bench = try Bench(nil), identity = try AgeIdentity.generate()
        let recipient = try #require(try identity.recipient().text)
        try bench.folder.write("compose.yml", "services: {}\n")
        bench.instanceLines.append("files: [\(bench.folder.path("compose.yml")), \(bench.folder.path(".env"))]")
        bench.repositoryLines = ["escrow_recipients: [\(recipient)]"]
        let report = try bench.backup()
        // What is named twice is kept once.
        #expect(report.entry.escrow?.names == [".env", "compose.yml"])
        #expect(report.entry.escrow?.recipients == [recipient])
        try bench.shell("rm compose.yml")
        let gone = fault { try bench.backup() }
        #expect(gone?.code == "file.missing" && gone?.message.contains("compose.yml") == true)
        #expect(fault { try BackupOperation(try bench.workplace(), .init()).plan() }?.code == "file.missing")
        #expect(try manifests(bench) == 1)
    }

    @Test func `readers that the configuration names and the repository does not have are told`() throws {
        let bench = try Bench(nil)
        bench.repositoryLines = ["recipients: [\(try #require(try AgeIdentity.generate().recipient().text))]"]
        #expect(try bench.backup().warnings.contains { $0.contains("infisical-ops repository recipients age1") })
    }

    @Test(arguments: [(Effect.Kind.copyOut, ExitCode.terminated), (.connect, .terminated), (.spawn, .terminated)])
    func `a run that is stopped publishes nothing, and the next one goes on`(kind: Effect.Kind, exit: ExitCode) throws {
        let bench = try Bench(copying: PreparedRepository.ofSmall()), before = try manifests(bench)
        Bench.stopping(bench, at: kind)
        #expect(fault { try bench.backup() }?.exit == exit)
        #expect(try manifests(bench) == before)
        (bench.observer, bench.cancellation) = (nil, Cancellation())
        try bench.folder.write("repository/tmp/.tmp-0123456789abcdef", "left by a killed run")
        let report = try bench.backup()
        #expect(report.exit == .done && !report.findsDamage)
        #expect(try manifests(bench) == before + 1 && bench.stored("tmp").isEmpty)
    }

    @Test(arguments: [
        ("exit 0", "backup.pg-dump-unknown", ExitCode.refused),
        ("echo 'pg_dump (PostgreSQL) 9.6.24'", "backup.pg-dump-too-old", .refused),
        (
            "[ \"$1\" != --version ] || exec /usr/lib/postgresql/*/bin/pg_dump \"$@\"; echo ill >&2; exit 3",
            "process.failed", .failed
        ),
    ])
    func `a pg_dump that is of no use is told, and nothing is published`(
        script: String, code: String, exit: ExitCode
    ) throws {
        let bench = try Bench.small(), before = try manifests(bench), path = bench.folder.path("bin/pg_dump")
        try bench.shell("mkdir bin")
        try bench.folder.writeProgram("bin/pg_dump", "#!/bin/sh\n\(script)\n")
        bench.moreLines = ["backup: { pg_dump: \(path) }"]
        let refused = fault { try bench.backup() }
        #expect(refused?.code == code && refused?.exit == exit, "\(refused as Any)")
        #expect(try manifests(bench) == before)
    }

    @Test func `a pg_dump that is not there is named with its setting`() throws {
        let bench = try Bench.small()
        bench.moreLines = ["backup: { pg_dump: /nowhere/pg_dump }"]
        let missing = fault { try bench.backup() }
        #expect(missing?.code == "backup.pg-dump-missing" && missing?.exit == .refused)
        #expect(missing?.message.contains("/nowhere/pg_dump") == true && missing?.hints.isEmpty == false)
    }

    @Test func `what a backup does not include is refused before anything is read`() throws {
        let bench = try Bench(nil)
        try bench.sql("SELECT lo_create(0)")
        for refused in [
            fault { try bench.backup() }, fault { try BackupOperation(try bench.workplace(), .init()).plan() },
        ] {
            #expect(refused?.code == "backup.large-objects" && refused?.exit == .refused)
        }
    }

    @Test func `a migration that goes on is waited for, and not for ever`() throws {
        let bench = try Bench()
        bench.moreLines = ["backup: { migration_wait: 1s }"]
        try bench.sql("UPDATE public.infisical_migrations_lock SET is_locked = 1")
        let migration = try LiveServer.connect(try LiveServer.get().endpoint(database: bench.database))
        try migration.query("BEGIN")
        try migration.query("LOCK TABLE public.infisical_migrations IN ROW EXCLUSIVE MODE")
        let waited = fault { try bench.backup() }
        #expect(waited?.code == "backup.migration-running" && waited?.exit == .refused)
        migration.close()
        // A lock that nobody holds any more keeps nobody waiting for ever.
        bench.moreLines = []
        let stale = try bench.backup()
        #expect(stale.exit == .partial && stale.warnings.contains { $0.contains("the migration lock is stale") })
    }

    @Test func `a table that is another one than in any known version is no reason to have no backup`() throws {
        let bench = try Bench()
        try bench.sql("ALTER TABLE public.infisical_migrations ALTER COLUMN batch TYPE text")
        let report = try bench.backup()
        #expect(report.warnings.contains { $0.contains("could not be read") })
        #expect(report.entry.infisical?.migration == nil && report.entry.infisical?.keyOpens == true)
    }

    @Test func `one connection is enough for a backup`() throws {
        let bench = try Bench.small(), before = try bench.workplace().repository()
        var options = BackupOperation.Options()
        options.jobs = 1
        let report = try bench.backup(options), last = try #require(try Inventory(before).entries.dropLast().last)
        #expect(report.exit == .done && report.entry.rowCount == 20_014 && report.entry.added.chunks == 0)
        #expect(last.manifest.rowCount == report.entry.rowCount)
        let stopped = Bench.stopping(bench, at: .copyOut)
        #expect(fault { try bench.backup(options) }?.exit == .terminated && stopped.isCancelled)
    }

    @Test func `a change of a table that waits for the backup goes first`() throws {
        // A database of its own: what waits for a table here would make the backups of others start over.
        let bench = try Bench(nil), folder = bench.folder
        try bench.sql("CREATE TABLE public.wholes (id int)")
        // Begins the change while the backup holds its locks, and keeps it busy until it must give way.
        try bench.shell("mkdir bin")
        try folder.writeProgram(
            "bin/pg_dump",
            """
            #!/bin/sh
            [ "$1" != --version ] || exec /usr/lib/postgresql/*/bin/pg_dump "$@"
            psql -qc 'BEGIN; LOCK TABLE public.wholes IN ACCESS EXCLUSIVE MODE' >'\(folder.path("change"))' 2>&1 &
            sleep 20
            """)
        bench.moreLines = ["backup: { pg_dump: \(folder.path("bin/pg_dump")), yield_after: 1s }"]
        let yielded = fault { try bench.backup() }
        #expect(yielded?.code == "backup.yielded" && yielded?.exit == .failed, "\(yielded as Any)")
        #expect(yielded?.message.contains("wholes") == true && yielded?.message.contains("gave way") == true)
    }

    @Test func `a database that is not Infisical's is kept as plain PostgreSQL, with all its oddities`() throws {
        let bench = try Bench(nil)
        try bench.shell(
            "psql -X -q -h \(LiveServer.get().folder) -p \(LiveServer.get().port) -U postgres -d \(bench.database) "
                + "--set ON_ERROR_STOP=1 --file '\(Fixtures.path("oddities.sql"))'")
        let report = try bench.backup()
        #expect(report.entry.infisical == nil)
        #expect(report.warnings.contains { $0.contains("does not look like Infisical's") })
        let formats = Set(report.entry.databases[0].tables.map(\.format))
        #expect(formats == [.binary, .text])
        let copy = bench.newName()
        let operation = RestoreOperation(try bench.workplace(), .init(database: copy))
        let restored = try operation.perform(try operation.plan(), progress: BackupProgress())
        #expect(restored.rows == report.entry.rowCount)
    }

    @Test func `a clock that went back is told, and one backup at a time is taken`() throws {
        let bench = try Bench.small()
        bench.clock = ShiftedClock(seconds: -7200)
        #expect(try bench.backup().warnings.contains { $0.contains("the clock went back") })
        let workplace = try bench.workplace()
        let lock = try workplace.lockBackup(try workplace.repository())
        let locked = fault { try bench.backup() }
        #expect(locked?.code == "file.locked" && locked?.message.contains("backup") == true)
        lock.release()
    }
}
