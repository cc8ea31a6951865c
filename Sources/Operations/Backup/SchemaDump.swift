import Effects
import InstanceAccess
import Postgres
import Processes
import Repository
import Restoring

/// The schema of a database: `pg_dump`'s archive under the backup's snapshot, and its SQL for recovery by hand.
struct SchemaDump {
    let archive: [UInt8]
    let preData: [UInt8]
    let postData: [UInt8]
    let version: String

    /// Largest archive: some hundred thousand tables.
    private static let limit = 1 << 28

    /// How long `pg_dump` waits for a lock, in milliseconds: short, because only a change that waits for us can be in
    /// its way.
    private static let lockWait = 1_000

    /// Runs `pgDump`, then `pg_restore` twice to render the SQL.
    ///
    /// - Parameters:
    ///   - encoding: of the database; the role may prefer another one.
    ///   - name: what the server calls `pg_dump`'s session.
    init(
        endpoint: Endpoint, encoding: String?, snapshot: String, pgDump: PostgresPrograms.Program, as name: String,
        programs: PostgresPrograms, runner: ProcessRunner
    ) throws {
        let restore = try programs.pgRestore(forArchiveOf: pgDump.version)
        let dump = pgDump.spec(
            [
                "--format=custom", "--compress=0", "--schema-only", "--snapshot=\(snapshot)", "--no-password",
                "--lock-wait-timeout=\(SchemaDump.lockWait)",
            ] + (encoding.map { ["--encoding=\($0)"] } ?? []),
            to: endpoint, as: name, output: .collected(limit: SchemaDump.limit))
        var archive = try runner.run(dump).succeeded().output
        ArchiveTime.fix(&archive)
        self.archive = archive
        preData = try SchemaDump.render("pre-data", archive, restore, runner)
        postData = try SchemaDump.render("post-data", archive, restore, runner)
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
