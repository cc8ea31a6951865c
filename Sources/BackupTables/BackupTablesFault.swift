package import Faults
package import Postgres

/// Why a backup's tables cannot be read without a server.
package enum BackupTablesFault: Fault, Equatable {
    case unknownArchive(backup: String, pgDump: String, ArchiveContents.Problem)
    case noColumnType(backup: String, table: String, column: String)
    case rowsMissing(backup: String, table: String, found: Int, recorded: Int)

    package var code: String {
        switch self {
        case .unknownArchive: "backup-tables.unknown-archive"
        case .noColumnType: "backup-tables.no-column-type"
        case .rowsMissing: "backup-tables.rows-missing"
        }
    }

    package var message: String {
        switch self {
        case .unknownArchive(let backup, let pgDump, .unknownVersion(let version)):
            "the schema in the backup \(backup) was written by pg_dump \(pgDump) in the archive format \(version), which "
                + "this program cannot read by itself"
        case .unknownArchive(let backup, _, .damaged):
            "the schema in the backup \(backup) is not an archive of pg_dump"
        case .noColumnType(let backup, let table, let column):
            "the schema in \(backup) does not say which type the column \"\(column)\" of the table \(table) has"
        case .rowsMissing(let backup, let table, let found, let recorded):
            "the table \(table) of \(backup) has \(found) rows, where the manifest says \(recorded)"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .unknownArchive(let backup, _, .unknownVersion), .noColumnType(let backup, _, _):
            [
                .check("restore it beside, and look at the restored database"),
                .command([
                    "infisical-ops", "restore", backup.split(separator: " ").last.map(String.init) ?? backup,
                    "--to-database", "restored",
                ]),
            ]
        case .unknownArchive, .rowsMissing: [.command(["infisical-ops", "verify", "--all", "--level", "readable"])]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .unknownArchive(_, _, .unknownVersion), .noColumnType: .failed
        case .unknownArchive, .rowsMissing: .damaged
        }
    }
}
