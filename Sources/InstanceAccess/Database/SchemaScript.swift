package import Postgres
package import Processes
import Restoring

/// Makes the sections of a schema as a script of `pg_restore`, for archives that this program cannot read itself: all or
/// nothing.
package struct SchemaScript {
    package enum Section: String {
        case preData = "pre-data"
        case postData = "post-data"
    }

    private let programs: PostgresPrograms
    private let runner: ProcessRunner
    /// Of the `pg_dump` that wrote the archive, such as `15.18`.
    private let dumpVersion: String
    private let noOwner: Bool
    /// Only some tables have rows: foreign keys, which would miss the others, are left out.
    private let partial: Bool

    package init(
        programs: PostgresPrograms, runner: ProcessRunner, dumpVersion: String, noOwner: Bool, partial: Bool
    ) {
        self.programs = programs
        self.runner = runner
        self.dumpVersion = dumpVersion
        self.noOwner = noOwner
        self.partial = partial
    }

    package func run(_ archive: [UInt8], _ section: Section, _ connection: Connection) throws {
        let program = try programs.pgRestore(forArchiveOf: dumpVersion)
        let arguments =
            ["--file=-", "--no-tablespaces", "--section=\(section.rawValue)"]
            + (noOwner ? ["--no-owner", "--no-privileges"] : [])
        let script = try runner.run(program.filter(arguments, archive, output: .collected(limit: 1 << 28)))
            .succeeded().output
        var sql = SectionScript.portable(script)
        if partial { sql = SectionScript.withoutForeignKeys(sql) }
        try connection.execute(encoded: sql)
    }
}
