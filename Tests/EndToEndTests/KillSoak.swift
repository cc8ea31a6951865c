import Effects
import Glibc
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// SIGKILL at random moments of a large backup, again and again in one repository: always valid, never locked, all
/// earlier backups readable.
@Suite(.serialized) struct KillSoak {
    @Test func `a large backup killed at random moments harms nothing`() throws {
        let instance = try OpsInstance(nil)
        let connection = try instance.connection()
        try connection.execute(
            script: """
                CREATE TABLE large (id int PRIMARY KEY, part int, text text);
                INSERT INTO large SELECT n, n % 97, encode(sha256(n::text::bytea), 'hex') || repeat('x', 100)
                FROM generate_series(1, 300000) n;
                CREATE TABLE other AS SELECT n, sha512(n::text::bytea) AS bytes FROM generate_series(1, 100000) n;
                """)
        // The time a full backup takes bounds the moments.
        let clock = SystemClock(), start = clock.monotonic()
        try instance.ops("backup", "--tag", "round=first").expect(0)
        let span = clock.monotonic() - start
        var killed = 0, published = 1
        for round in 1...soakCount("KILL", reduced: 4) {
            // Rows of every range change, so that there is much to write.
            try connection.query("UPDATE large SET text = md5(text) || text WHERE part = \(round % 97)")
            if try instance.backupKilled(after: UInt64.random(in: 0...span)) { killed += 1 } else { published += 1 }
            try instance.ops("verify", "--all", "--level", "readable").expect(0)
            try instance.ops("backup").expect(0)
            published += 1
            try instance.ops("verify", "--all", "--level", "readable").expect(0)
            let manifests = try instance.stored("backups").filter { $0.hasSuffix(".json") }.count
            // A run may be killed in the moment between publishing and ending.
            #expect(manifests == published || manifests == published + 1)
            published = manifests
            #expect(try instance.stored("tmp").isEmpty)
        }
        print("killed \(killed) of \(soakCount("KILL", reduced: 4)) backups, \(published) are readable")
        #expect(killed > 0)
    }
}

extension OpsInstance {
    /// Starts a backup and kills it.
    ///
    /// - Parameter after: nanoseconds until then.
    /// - Returns: whether it was killed; false when it ended before.
    fileprivate func backupKilled(after: UInt64) throws -> Bool {
        let runner = ProcessRunner(effects: Effects(), cancellation: Cancellation())
        var process = try runner.start(
            CommandSpec(ChildProcess.built("infisical-ops"), ["backup", "--quiet"], environment: environment))
        var time = timespec(tv_sec: Int(after / 1_000_000_000), tv_nsec: Int(after % 1_000_000_000))
        nanosleep(&time, nil)
        kill(process.process, SIGKILL)
        return try process.wait().status == .killed(signal: SIGKILL)
    }
}
