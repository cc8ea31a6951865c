import Effects
import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// Peak memory, as the kernel accounts it, of runs with the largest of everything.
@Suite(.serialized) struct MemoryTests {
    @Test func `a row of 200 MB costs a backup two copies, and a restore none`() throws {
        let instance = try OpsInstance(nil)
        let connection = try instance.connection()
        try connection.execute(
            script: """
                CREATE TABLE large (id int PRIMARY KEY, bytes bytea);
                ALTER TABLE large ALTER bytes SET STORAGE EXTERNAL;
                -- 5 MB that look random, 40 times: chunks of 4 MiB of it are not the same
                INSERT INTO large SELECT 1, decode(repeat(string_agg(md5(n::text), ''), 40), 'hex')
                FROM generate_series(1, 327680) n;
                """)
        let row = 200 << 20
        #expect(try connection.query("SELECT length(bytes) AS n FROM large").only().integer("n") == row)
        let backup = try instance.peakMemory("backup")
        #expect(backup <= row * 5 / 2, "backup: \(backup >> 20) MiB")
        let verify = try instance.peakMemory("verify", "--all", "--level", "readable")
        #expect(verify <= 64 << 20, "verify: \(verify >> 20) MiB")
        let restore = try instance.peakMemory("restore", "latest", "--to-database", instance.database + "_r", "--yes")
        #expect(restore <= 64 << 20, "restore: \(restore >> 20) MiB")
        let restored = try LiveServer.connect(try LiveServer.get().endpoint(database: instance.database + "_r"))
        let sum = SQL(raw: "SELECT encode(sha256(bytes), 'hex') AS sum FROM public.large")
        #expect(try restored.query(sum).only().string("sum") == connection.query(sum).only().string("sum"))
        restored.close()
        try LiveServer.drop(instance.database + "_r")
    }

    @Test func `rows below 4 MiB cost no more than buffers, however many there are`() throws {
        let instance = try OpsInstance(nil)
        try instance.connection().execute(
            script: """
                CREATE TABLE wide (id int PRIMARY KEY, bytes bytea);
                ALTER TABLE wide ALTER bytes SET STORAGE EXTERNAL;
                INSERT INTO wide SELECT n, decode(repeat(md5(n::text), 245760), 'hex') FROM generate_series(1, 40) n;
                CREATE TABLE narrow AS SELECT n, md5(n::text) AS text FROM generate_series(1, 500000) n;
                """)
        for arguments in [
            ["backup"], ["verify", "--all"], ["restore", "latest", "--to-database", instance.database + "_r", "--yes"],
        ] {
            let peak = try instance.peakMemory(arguments)
            #expect(peak <= 64 << 20, "\(arguments[0]): \(peak >> 20) MiB")
        }
        try LiveServer.drop(instance.database + "_r")
    }
}

extension OpsInstance {
    fileprivate func peakMemory(_ arguments: String...) throws -> Int { try peakMemory(arguments) }

    /// Runs the program, which must succeed.
    ///
    /// - Returns: its largest resident set in bytes, or that of a program it started, whichever is larger.
    fileprivate func peakMemory(_ arguments: [String]) throws -> Int {
        let file = folder.path("memory")
        let result = try ProcessRunner(effects: Effects(), cancellation: Cancellation()).run(
            CommandSpec(
                "time", ["-f", "%M", "-o", file, ChildProcess.built("infisical-ops")] + arguments,
                environment: environment))
        try OpsResult(arguments: arguments, result: result).expect(0)
        let text = String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self)
        return try #require(Int(text.filter { $0 != "\n" })) << 10
    }
}
