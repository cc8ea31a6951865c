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
        let count = soakCount("KILL", reduced: 4), perRepository = 20
        var killed = 0, readable = 0
        // Every check reads all backups, so a repository is given up before it has too many.
        for start in stride(from: 0, to: count, by: perRepository) {
            let campaign = try Campaign()
            for _ in start..<min(start + perRepository, count) where try campaign.round() { killed += 1 }
            readable += campaign.published
        }
        print("killed \(killed) of \(count) backups, \(readable) are readable")
        #expect(killed > 0)
    }
}

/// One repository of a large database, which changes from round to round.
private final class Campaign {
    private let instance: OpsInstance
    private let connection: Connection
    /// Nanoseconds that a full backup takes.
    private let span: UInt64
    private(set) var published = 1

    init() throws {
        instance = try OpsInstance(nil)
        connection = try instance.connection()
        try connection.execute(
            script: """
                CREATE TABLE large (id int PRIMARY KEY, text text);
                INSERT INTO large SELECT n, encode(sha256(n::text::bytea), 'hex') || repeat('x', 100)
                FROM generate_series(1, 300000) n;
                CREATE TABLE other AS SELECT n, sha512(n::text::bytea) AS bytes FROM generate_series(1, 100000) n;
                """)
        let clock = SystemClock(), start = clock.monotonic()
        try instance.ops("backup", "--tag", "round=first").expect(0)
        span = clock.monotonic() - start
    }

    /// Changes a third of the data, kills a backup of it, and takes another one.
    ///
    /// - Returns: whether the run was killed before it ended.
    func round() throws -> Bool {
        let first = Int.random(in: 1...200_000)
        try connection.query(
            "UPDATE large SET text = md5(text) || text WHERE id BETWEEN \(first) AND \(first + 100_000) AND id % 50 = 0"
        )
        let isKilled = try instance.backupKilled(after: UInt64.random(in: 0...span))
        if !isKilled { published += 1 }
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
        try instance.ops("backup").expect(0)
        published += 1
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
        let manifests = try instance.stored("backups").filter { $0.hasSuffix(".json") }.count
        // A run may be killed in the moment between publishing and ending.
        #expect(manifests == published || (isKilled && manifests == published + 1))
        published = manifests
        #expect(try instance.stored("tmp").isEmpty)
        return isKilled
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
