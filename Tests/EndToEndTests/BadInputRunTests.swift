import DurableFiles
import Effects
import FoundationEssentials
import Glibc
import InstanceAccess
import LiveSupport
import Operations
import Postgres
import Processes
import Repository
import Settings
import TestSupport
import Testing

/// Two runs at once, clocks that went back, targets that cannot be restored into.
@Suite struct BadInputRunTests {
    // MARK: - Two runs

    @Test func `a second run is refused with the name of the first, and both are told apart by what they may do`()
        throws
    {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let target = try instance.restoredName()
        let first = try StandingBackup(instance)
        let holder = "process \(first.process) on "
        for command in [["backup"], ["repository", "rekey", "--yes"]] {
            let fault = try first.whileItStands {
                let result = try instance.run(command + ["--json"])
                try result.expect(11)
                #expect(result.output == "")
                return try result.fault()
            }
            #expect(fault.code == "file.locked" && fault.message.contains(holder), "\(fault)")
            #expect(fault.message.contains("(backup)") && fault.hints.joined().contains("--wait"))
        }
        // What only reads goes on beside it.
        for command in [
            ["list"], ["status"], ["show"], ["verify", "--all"], ["repair", "--yes"],
            ["restore", "--to-database", target, "--yes"],
        ] {
            try first.whileItStands { try instance.run(command).expect(0) }
        }
        #expect(try first.finish() == 0)
        try instance.expectUnlocked()
        #expect(try instance.ids().count == 2)
    }

    @Test func `a run that may wait takes over when the first has ended`() throws {
        let instance = try OpsInstance(nil)
        let first = try StandingBackup(instance)
        try instance.ops("backup", "--wait", "1s").expect(11)
        let second = try BackgroundRun(instance, ["backup", "--wait", "1h"])
        #expect(try first.finish() == 0)
        #expect(try second.wait() == 0)
        #expect(try instance.ids().count == 2)
    }

    // MARK: - Clocks

    /// A clock that stands so many seconds beside the real one.
    private struct ShiftedClock: Clock {
        let seconds: Int64
        func now() -> Timestamp { Timestamp(seconds: SystemClock().now().seconds + seconds) }
        func monotonic() -> UInt64 { SystemClock().monotonic() }
    }

    private func workplace(_ instance: OpsInstance, clock: any Clock) throws -> Workplace {
        let effects = Effects()
        var environment: [String: String] = [:]
        for (name, value) in instance.environment { if case .plain(let text) = value { environment[name] = text } }
        let configuration = try ResolvedConfiguration(
            nil,
            SettingsSurroundings(
                environment: environment, workingFolder: "/", isRoot: true, processors: 2, effects: effects))
        return Workplace(
            InstanceAccess(
                surroundings: Surroundings(
                    effects: effects, clock: clock, cancellation: Cancellation(), hostName: "test",
                    passphrase: { _ in nil }),
                configuration: configuration))
    }

    @Test func `a clock that went back is told, and the order of backups does not follow it`() throws {
        let instance = try OpsInstance(nil)
        let ahead = try workplace(instance, clock: ShiftedClock(seconds: 3 * 86_400))
        let early = try BackupOperation(ahead, .init()).perform(progress: BackupProgress())
        #expect(early.warnings.allSatisfy { !$0.contains("clock") })
        // Such a backup would look fresh for days, whatever happens.
        let status = try instance.ops("status", "--max-age", "26h").expect(16)
        #expect(status.output.contains("ahead of this host's clock"))

        let late = try instance.ops("backup").expect(0)
        #expect(late.errors.contains("the clock went back") && late.errors.contains(early.entry.finished))
        let ids = try instance.ids()
        #expect(ids.count == 2 && ids[0] == early.entry.id.text && ids[0] > ids[1])
        #expect(try instance.ops("show", "latest").expect(0).output.contains(ids[1]))
        try instance.ops("status", "--max-age", "26h").expect(0)
        try instance.ops("verify", "--all").expect(0)
        try instance.ops("restore", "--to-database", try instance.restoredName(), "--yes").expect(0)
    }

    @Test func `damage that is found after the clock went back is not outdone by an older proof`() throws {
        let instance = try OpsInstance(nil)
        try instance.sql("CREATE TABLE t AS SELECT generate_series(1, 1000) AS a")
        try instance.ops("backup").expect(0)
        let ahead = try workplace(instance, clock: ShiftedClock(seconds: 3 * 86_400))
        let report = try VerifyOperation(ahead, .init()).perform(progress: Verification.Progress())
        #expect(report.outcomes.map(\.proven) == [.readable])
        try instance.ops("status").expect(0)
        let chunk = try #require(try instance.stored("chunks").first)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: instance.repository + "/" + chunk)))
        try instance.write([], to: instance.repository + "/" + chunk)
        try instance.ops("verify").expect(13)
        #expect(try instance.ops("status").expect(13).output.contains("DAMAGED"))
        // And the other way round, within the same second or not.
        try instance.write(bytes, to: instance.repository + "/" + chunk)
        try instance.ops("verify").expect(0)
        #expect(try instance.ops("status").expect(0).output.contains("readable"))
    }

    // MARK: - Targets

    @Test func `a database that exists is not touched`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        for command in [["--yes"], ["--dry-run"]] {
            let fault = try instance.refuses(
                ["restore", "--to-database", instance.database] + command, exit: 3, code: "restore.database-exists",
                naming: [instance.database])
            #expect(fault.hints.joined().contains("--to-database"))
        }
        try instance.refuses(
            ["restore", "--to-database", String(repeating: "n", count: 64)], exit: 64, code: "usage.refused-value",
            naming: ["63"])
    }

    @Test func `a server that is older than the source is refused with both versions`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let old = try ScriptedServer(version: "14.10")
        for command in [["--yes"], ["--dry-run"]] {
            try instance.refuses(
                ["restore", "--to-server", "postgresql://postgres@127.0.0.1:\(old.port)/copy"] + command, exit: 3,
                code: "postgres.target-older",
                naming: ["14.10", try instance.connection().serverVersion.description])
        }
        let ancient = try ScriptedServer(version: "12.3")
        try instance.refuses(
            ["restore", "--to-server", "postgresql://postgres@127.0.0.1:\(ancient.port)/copy", "--yes"], exit: 3,
            code: "postgres.too-old", naming: ["12.3"])
    }

    @Test func `an address with a password or in a wrong form is not taken from the command line`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let fault = try instance.refuses(
            ["restore", "--to-server", "postgresql://u:hunter2@h/d"], exit: 3, code: "restore.password-in-url")
        #expect(!"\(fault)".contains("hunter2"))
        for text in ["nonsense hunter2", "postgresql://u:hunter2@[h/d"] {
            let fault = try instance.refuses(
                ["restore", "--to-server", text], exit: 64, code: "usage.refused-value", naming: ["--to-server"])
            #expect(!"\(fault)".contains("hunter2"))
        }
    }

    @Test func `roles that the target lacks are named, with both ways out`() throws {
        let instance = try OpsInstance(nil), role = "owner_of_\(instance.database)"
        try instance.sql("CREATE ROLE \(identifier: role)")
        try instance.sql("CREATE TABLE t AS SELECT 1 AS a")
        try instance.sql("ALTER TABLE t OWNER TO \(identifier: role)")
        try instance.sql("GRANT CREATE ON DATABASE \(identifier: instance.database) TO \(identifier: role)")
        try instance.sql("ALTER DATABASE \(identifier: instance.database) OWNER TO \(identifier: role)")
        try instance.ops("backup").expect(0)
        try instance.sql("ALTER DATABASE \(identifier: instance.database) OWNER TO postgres")
        try instance.sql("ALTER TABLE t OWNER TO postgres")
        try instance.sql("DROP ROLE \(identifier: role)")
        let fault = try instance.refuses(
            ["restore", "--to-database", "x", "--yes"], exit: 3, code: "restore.roles-missing", naming: [role])
        #expect(fault.hints.joined().contains("--no-owner") && fault.hints.joined().contains("--create-roles"))

        let plain = try instance.restoredName(), made = try instance.restoredName()
        try instance.ops("restore", "--to-database", plain, "--no-owner", "--yes").expect(0)
        let result = try instance.ops("restore", "--to-database", made, "--create-roles", "--yes").expect(0)
        #expect(result.output.contains("create the role \(role), without login"))
        let owners = try LiveServer.connect(LiveServer.get().endpoint(database: made)).query(
            "SELECT tableowner AS owner FROM pg_tables WHERE tablename = 't'")
        #expect(try owners.only().string("owner") == role)
        let rights = try LiveServer.connect(LiveServer.get().endpoint()).query(
            """
            SELECT pg_get_userbyid(datdba) || ' ' || coalesce(datacl::text, 'default') AS it FROM pg_database
            WHERE datname IN (\(literal: made), \(literal: plain)) ORDER BY datacl IS NULL
            """)
        #expect(
            try rights.map { try $0.string("it") } == ["\(role) {=Tc/\(role),\(role)=CTc/\(role)}", "postgres default"])
        try LiveServer.drop(made)
        try instance.sql("DROP ROLE \(identifier: role)")
    }
}
