import Effects
import InstanceAccess
import Postgres
import Processes
import Repository

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
        return portable(try runner.run(spec).succeeded().output)
    }

    /// The SQL without psql's meta-commands and without settings that older servers do not know.
    ///
    /// Since the summer of 2025 `pg_restore` puts its script between `\restrict` and `\unrestrict` with a random word;
    /// older psql programs stop there, and the word would make every backup's script a new chunk. A line inside a
    /// function's body could begin like that too, so only the first and the last of them are taken.
    static func portable(_ script: [UInt8]) -> [UInt8] {
        var lines = script.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let begins = { (line: ArraySlice<UInt8>, text: String) in line.starts(with: text.utf8) }
        if let first = lines.firstIndex(where: { begins($0, "\\restrict ") }), first < 20 { lines.remove(at: first) }
        if let last = lines.lastIndex(where: { begins($0, "\\unrestrict ") }), last > lines.count - 20 {
            lines.remove(at: last)
        }
        if let setting = lines.firstIndex(where: { begins($0, "SET transaction_timeout = 0;") }), setting < 20 {
            lines.remove(at: setting)
        }
        return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }
}
