import FoundationEssentials
import InstanceAccess
import Postgres
import Processes

/// Makes the sections of a schema out of `pg_dump`'s archive.
struct SchemaRestore {
    enum Section: String {
        case preData = "pre-data"
        case postData = "post-data"
    }

    let programs: PostgresPrograms
    let runner: ProcessRunner
    let target: Endpoint
    let targetVersion: ServerVersion
    /// Of the `pg_dump` that wrote the archive, such as `15.18`.
    let dumpVersion: String
    let noOwner: Bool
    /// Whether the target has tablespaces of its own; without any, everything goes to its standard one.
    let hasTablespaces: Bool
    let jobs: Int
    /// Only some tables have rows: foreign keys, which would miss the others, are left out.
    let partial: Bool

    /// - Parameter open: a session with the new database, where one is needed.
    func load(_ archive: [UInt8], _ section: Section, open: () throws -> Connection) throws {
        let program = try programs.pgRestore(forArchiveOf: dumpVersion)
        if (partial && section == .postData) || setsUnknown(program.version) || program.runsInContainer {
            try runScript(archive, section, program, open)
        } else {
            try runProgram(archive, section, program.path)
        }
    }

    /// Whether this `pg_restore` sets what the server does not know: `transaction_timeout`, since version 17.
    private func setsUnknown(_ version: String) -> Bool {
        (Int(version.prefix { $0.isNumber }) ?? 0) >= 17 && targetVersion.major < 17
    }

    /// Lets `pg_restore` work over several connections. It reads the archive from memory: an anonymous file, because
    /// several jobs need one that can be sought in.
    private func runProgram(_ archive: [UInt8], _ section: Section, _ program: String) throws {
        let file = try AnonymousFile(archive)
        var arguments = ["--exit-on-error", "--no-password", "--dbname=\(target.database)"] + shared(section)
        if section == .postData { arguments.append("--jobs=\(jobs)") }
        let environment = target.programEnvironment(
            applicationName: "infisical-ops pg_restore", .writing,
            settings: [("maintenance_work_mem", "256MB"), ("synchronous_commit", "off")])
        _ = try runner.run(
            CommandSpec(
                program, arguments + ["/dev/stdin"], environment: environment, input: .descriptor(file.descriptor))
        ).succeeded()
    }

    /// Runs the section's SQL over one connection, without what must not be in it.
    private func runScript(
        _ archive: [UInt8], _ section: Section, _ program: PostgresPrograms.Program,
        _ open: () throws -> Connection
    ) throws {
        let script = try runner.run(
            program.filter(["--file=-"] + shared(section), archive, output: .collected(limit: 1 << 28))
        ).succeeded().output
        var sql = SchemaDump.portable(script)
        if partial { sql = SchemaRestore.withoutForeignKeys(sql) }
        let connection = try open()
        defer { connection.close() }
        try connection.execute(encoded: sql)
    }

    /// Leaves out the entries of foreign keys. The text has the encoding of the database, so each byte is looked at as a
    /// character of its own.
    static func withoutForeignKeys(_ sql: [UInt8]) -> [UInt8] {
        let title = "\n--\n-- Name: "
        let text = String(String.UnicodeScalarView(sql.map { Unicode.Scalar($0) }))
        let entries = text.components(separatedBy: title)
        return entries.filter { !$0.prefix(400).contains("; Type: FK CONSTRAINT;") }.joined(separator: title)
            .unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }

    private func shared(_ section: Section) -> [String] {
        ["--section=\(section.rawValue)"] + (noOwner ? ["--no-owner", "--no-privileges"] : [])
            + (hasTablespaces ? [] : ["--no-tablespaces"])
    }
}
