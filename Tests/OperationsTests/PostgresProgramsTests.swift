import Effects
import Faults
import InstanceAccess
import LiveSupport
import Operations
import Postgres
import Processes
import Repository
import TestSupport
import Testing

/// Which of PostgreSQL's programs is taken, and what is said of one that is of no use.
@Suite struct PostgresProgramsTests {
    private let folder: TemporaryFolder
    private let runner: ProcessRunner

    init() throws {
        folder = try TemporaryFolder()
        runner = ProcessRunner(
            effects: Effects(), cancellation: Cancellation(), path: folder.path + ":/usr/bin:/bin")
    }

    private func write(_ name: String, _ script: String) throws -> String {
        try folder.writeProgram(name, "#!/bin/sh\n\(script)\n")
        return folder.path(name)
    }

    private func programs(_ configured: String? = nil) -> PostgresPrograms {
        PostgresPrograms(runner: runner, pgDump: configured)
    }

    @Test func `the configured one wins, and its version is what it says`() throws {
        let path = try write("my_dump", "echo 'pg_dump (PostgreSQL) 15.18 (Debian 15.18-1)'")
        let found = try programs(path).pgDump(forServer: 15)
        #expect(found.path == path && found.version == "15.18" && !found.runsInContainer)
    }

    @Test func `without one it is that of the server's version, else the first of the path`() throws {
        let own = try programs().pgDump(forServer: 15)
        #expect(own.path == "/usr/lib/postgresql/15/bin/pg_dump")
        let path = try write("pg_dump", "echo 'pg_dump (PostgreSQL) 99beta1'")
        #expect(try programs().pgDump(forServer: 98).path == path)
    }

    @Test func `one that is older than the server is refused`() throws {
        let path = try write("pg_dump", "echo 'pg_dump (PostgreSQL) 14.2'")
        let refused = fault { try programs(path).pgDump(forServer: 15) }
        #expect(refused as? ProgramFault == .tooOld(path: path, found: "14.2", major: 15))
        #expect(refused?.code == "backup.pg-dump-too-old" && refused?.exit == .refused)
        #expect(refused?.hints == [.command(["apt-get", "install", "postgresql-client-15"])])
    }

    @Test(arguments: ["echo hello", "echo 'pg_restore (PostgreSQL) 15.1'", "echo 'pg_dump (PostgreSQL) next'", ":"])
    func `one that does not answer as PostgreSQL's does is refused`(script: String) throws {
        let path = try write("pg_dump", script), refused = fault { try programs(path).pgDump(forServer: 15) }
        #expect(refused?.code == "backup.pg-dump-unknown" && refused?.message.contains(path) == true)
        #expect(refused?.hints.count == 2)
    }

    @Test func `one that is missing is told with its setting, or with what to install`() throws {
        let configured = fault { try programs("/nowhere/pg_dump").pgDump(forServer: 15) }
        #expect(configured?.code == "backup.pg-dump-missing" && configured?.message.contains("backup.pg_dump") == true)
        #expect(configured?.hints.count == 3)
        let bare = PostgresPrograms(
            runner: ProcessRunner(effects: Effects(), cancellation: Cancellation(), path: folder.path), pgDump: nil)
        let dump = fault { try bare.pgDump(forServer: 98) },
            restore = fault { try bare.pgRestore(forArchiveOf: "98.1") }
        #expect(dump?.message.contains("PostgreSQL 98") == true && restore?.code == "backup.pg-restore-missing")
        #expect(fault { try programs(try write("pg_dump", "exit 3")).pgDump(forServer: 15) }?.code == "process.failed")
    }

    @Test func `a pg_restore beside the configured pg_dump is taken first`() throws {
        let dump = try write("pg_dump", "echo 'pg_dump (PostgreSQL) 15.3'")
        let beside = try write("pg_restore", "echo 'pg_restore (PostgreSQL) 16.1'")
        #expect(try programs(dump).pgRestore(forArchiveOf: "15.3").path == beside)
        #expect(try programs().pgRestore(forArchiveOf: "15.3").path == "/usr/lib/postgresql/15/bin/pg_restore")
    }

    // MARK: - In the database's container

    @Test func `the container's own pg_dump is taken where the database is reached there`() throws {
        let bench = try Bench(nil), engine = try ScriptedEngine(for: bench), access = try bench.access()
        let programs = DatabaseConnections(access).programs(.main, runner: access.surroundings.processes)
        let found = try programs.pgDump(forServer: 15)
        #expect(found.runsInContainer && found.path == "pg_dump" && found.version.hasPrefix("15."))
        // Rows of a whole backup come through the container's own program.
        try bench.script("CREATE TABLE public.t AS SELECT generate_series(1, 9) AS a")
        let report = try bench.backup()
        #expect(report.exit == .done && report.entry.rowCount == 9)
        #expect(report.entry.containers?.map(\.role) == ["database", "redis", "backend"])
        #expect(report.entry.containers?[0].digests == ["registry.example/tiny@" + ScriptedEngine.image])
        #expect(report.entry.escrow?.names.contains("docker-compose.yml") == true)
        // One that is too old in there is not taken, and images that are gone are no reason to have no backup.
        try engine.hook("case $* in 'exec '*pg_dump\\ --version) exit 1 ;; 'image inspect'*) exit 1 ;; esac")
        let again = try bench.backup()
        #expect(again.warnings.contains { $0.contains("the digests of the images are not known") })
        #expect(try !programs.pgDump(forServer: 15).runsInContainer)
    }
}
