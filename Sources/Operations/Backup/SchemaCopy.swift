import Faults
import InstanceAccess
import Postgres
import Repository

/// Takes the schema with `pg_dump` and makes sure that it describes what the backup reads.
struct SchemaCopy: Sendable {
    /// What there is to keep, and what could not be made sure of.
    struct Outcome: Sendable {
        let archive: Manifest.Database.SchemaArchive
        let warning: String?
    }

    let pgDump: PostgresPrograms.Program
    let snapshot: String
    /// Everything that the snapshot sees.
    let relations: [Relation]
    /// Of the database.
    let encoding: String
    /// Where it was started already.
    let run: Result<SchemaDumpRun, any Error>?

    /// A `pg_dump` that ends well may have left something out all the same: a script in its place, or one that reads
    /// options from somewhere.
    ///
    /// - Returns: a warning where the archive's contents cannot be read.
    func check(_ dump: SchemaDump) throws -> String? {
        let contents: ArchiveContents
        switch dump.contents {
        case .success(let found): contents = found
        case .failure(.damaged): throw BackupFault.archiveDamaged(path: pgDump.path)
        case .failure(.unknownVersion(let version)):
            return "pg_dump \(dump.version) writes archives of version \(version), which this program cannot read: "
                + "whether it describes every table was not checked"
        }
        if let difference = contents.difference(from: relations, comparesNames: encoding == "UTF8") {
            throw BackupFault.archiveDiffers(path: pgDump.path, difference)
        }
        return nil
    }
}
