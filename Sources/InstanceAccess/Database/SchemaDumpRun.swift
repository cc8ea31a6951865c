package import Postgres
package import Processes
import Synchronization

/// A `pg_dump` that is at work. When it goes without having been waited for, the program is stopped; one in a container
/// goes on there.
package final class SchemaDumpRun: Sendable {
    /// Largest archive, and largest script of one: some hundred thousand tables.
    static let limit = 1 << 28

    /// How long `pg_dump` waits for a lock, in milliseconds: short, because only a change that waits for us can be in
    /// its way.
    private static let lockWait = 1_000

    /// Whoever starts it hands it on to who waits for it.
    private let process: Mutex<RunningProcess?>

    /// Starts `pgDump`. It writes nothing before it is nearly done, so it may be left alone for a while.
    ///
    /// - Parameters:
    ///   - encoding: of the database; the role may prefer another one.
    ///   - name: what the server calls `pg_dump`'s session.
    package init(
        endpoint: Endpoint, encoding: String?, snapshot: String, pgDump: PostgresPrograms.Program, as name: String,
        runner: ProcessRunner
    ) throws {
        let dump = pgDump.spec(
            [
                "--format=custom", "--compress=0", "--schema-only", "--snapshot=\(snapshot)", "--no-password",
                "--lock-wait-timeout=\(SchemaDumpRun.lockWait)",
            ] + (encoding.map { ["--encoding=\($0)"] } ?? []),
            to: endpoint, as: name, output: .collected(limit: SchemaDumpRun.limit))
        process = Mutex(try runner.start(dump))
    }

    /// Waits for the archive.
    package func archive() throws -> [UInt8] {
        var archive = try process.withLock { try $0?.wait() }?.succeeded().output ?? []
        // It keeps what it has collected, which would be copied for the change of a few bytes.
        process.withLock { $0 = nil }
        ArchiveTime.fix(&archive)
        return archive
    }
}
