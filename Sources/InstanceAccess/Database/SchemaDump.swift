import Effects
package import Postgres
package import Processes
package import Repository
import Restoring
import Synchronization

/// The schema of a database: `pg_dump`'s archive under the backup's snapshot, and its SQL for recovery by hand.
package struct SchemaDump: Sendable {
    private let archive: [UInt8]
    private let preData: [UInt8]
    private let postData: [UInt8]
    package let version: String
    /// What the archive describes, or why that is not known; a damaged one has no SQL.
    package let contents: Result<ArchiveContents, ArchiveContents.Problem>

    /// Renders the SQL of an archive: with `pg_restore` if it is of a version that this program does not know.
    package init(
        _ archive: [UInt8], by pgDump: PostgresPrograms.Program, _ programs: PostgresPrograms, _ runner: ProcessRunner
    ) throws {
        self.archive = archive
        version = pgDump.version
        contents = Result { () throws(ArchiveContents.Problem) in try ArchiveContents(archive) }
        switch contents {
        case .success(let contents):
            (preData, postData) = SectionScript.render(contents)
        case .failure(.damaged): (preData, postData) = ([], [])
        case .failure(.unknownVersion):
            (preData, postData) = try SchemaDump.render(
                archive, try programs.pgRestore(forArchiveOf: pgDump.version), runner)
        }
    }

    private static func render(
        _ archive: [UInt8], _ program: PostgresPrograms.Program, _ runner: ProcessRunner
    ) throws -> ([UInt8], [UInt8]) {
        let render = { @Sendable (section: String) in
            let spec = program.filter(
                ["--section=\(section)", "--no-owner", "--no-privileges", "--no-tablespaces", "--file=-"], archive,
                output: .collected(limit: SchemaDumpRun.limit))
            return SectionScript.portable(try runner.run(spec).succeeded().output)
        }
        return try Threads.both {
            try render("pre-data")
        } beside: {
            try render("post-data")
        }
    }

    /// Stores it; its chunks have their names when this returns.
    package func store(_ writer: consuming ChunkWriter) throws -> Manifest.Database.SchemaArchive {
        let streams = try [archive, preData, postData].map { bytes in
            try bytes.withUnsafeBytes { try writer.append($0) }
            return try writer.endStream()
        }
        try writer.finish()
        return Manifest.Database.SchemaArchive(
            archive: streams[0], preData: streams[1], postData: streams[2], pgDump: version)
    }
}
