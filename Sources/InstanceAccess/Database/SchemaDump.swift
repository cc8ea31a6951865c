import Effects
package import Postgres
package import Processes
import Restoring
import Synchronization

/// The schema of a database: `pg_dump`'s archive under the backup's snapshot, and its SQL for recovery by hand.
package struct SchemaDump: Sendable {
    package let archive: [UInt8]
    package let preData: [UInt8]
    package let postData: [UInt8]
    package let version: String

    /// Largest archive: some hundred thousand tables.
    private static let limit = 1 << 28

    /// How long `pg_dump` waits for a lock, in milliseconds: short, because only a change that waits for us can be in
    /// its way.
    private static let lockWait = 1_000

    /// Runs `pgDump`, then `pg_restore` twice at once to render the SQL.
    ///
    /// - Parameters:
    ///   - encoding: of the database; the role may prefer another one.
    ///   - name: what the server calls `pg_dump`'s session.
    package init(
        endpoint: Endpoint, encoding: String?, snapshot: String, pgDump: PostgresPrograms.Program, as name: String,
        programs: PostgresPrograms, runner: ProcessRunner
    ) throws {
        let dump = pgDump.spec(
            [
                "--format=custom", "--compress=0", "--schema-only", "--snapshot=\(snapshot)", "--no-password",
                "--lock-wait-timeout=\(SchemaDump.lockWait)",
            ] + (encoding.map { ["--encoding=\($0)"] } ?? []),
            to: endpoint, as: name, output: .collected(limit: SchemaDump.limit))
        let output = Mutex<[UInt8]>([]), program = Mutex<PostgresPrograms.Program?>(nil)
        // The other program is looked for in the meantime.
        try Threads.run(2) { index in
            if index == 0 {
                let archive = try runner.run(dump).succeeded().output
                output.withLock { $0 = archive }
            } else {
                let found = try programs.pgRestore(forArchiveOf: pgDump.version)
                program.withLock { $0 = found }
            }
        }
        var written = output.withLock { $0 }
        ArchiveTime.fix(&written)
        archive = written
        let source = written, sections = ["pre-data", "post-data"], scripts = Mutex<[[UInt8]]>([[], []])
        if let restore = program.withLock({ $0 }) {
            try Threads.run(2) { index in
                let script = try SchemaDump.render(sections[index], source, restore, runner)
                scripts.withLock { $0[index] = script }
            }
        }
        (preData, postData) = scripts.withLock { ($0[0], $0[1]) }
        version = pgDump.version
    }

    private static func render(
        _ section: String, _ archive: [UInt8], _ program: PostgresPrograms.Program, _ runner: ProcessRunner
    ) throws -> [UInt8] {
        let spec = program.filter(
            ["--section=\(section)", "--no-owner", "--no-privileges", "--no-tablespaces", "--file=-"], archive,
            output: .collected(limit: limit))
        return SectionScript.portable(try runner.run(spec).succeeded().output)
    }
}
