package import Faults
package import Postgres

/// Why a backup was not taken, where no leaf knows the reason.
package enum BackupFault: Fault {
    case yielded(LockMonitor.BlockedSession, after: Int)
    case migrationRunning(String, waited: Int)
    case largeObjects(count: Int64)
    case pgDumpMissing(major: Int)
    case pgDumpTooOld(found: String, major: Int)
    case rowOfWrongShape(table: String)

    package var code: String {
        switch self {
        case .yielded: "backup.yielded"
        case .migrationRunning: "backup.migration-running"
        case .largeObjects: "backup.large-objects"
        case .pgDumpMissing: "backup.pg-dump-missing"
        case .pgDumpTooOld: "backup.pg-dump-too-old"
        case .rowOfWrongShape: "backup.row-of-wrong-shape"
        }
    }

    package var message: String {
        switch self {
        case .yielded(let session, let seconds):
            "the backup gave way: \(session.command)\(session.relation.map { " on \($0)" } ?? "") "
                + "(process \(session.pid)\(session.applicationName.isEmpty ? "" : ", \(session.applicationName)")) "
                + "had waited \(seconds) s for it; no backup was published"
        case .migrationRunning(let words, let seconds):
            "Infisical is migrating its database: \(words); waited \(seconds) s"
        case .largeObjects(let count):
            "the database holds \(count) large objects, which a backup does not include"
        case .pgDumpMissing(let major):
            "pg_dump was not found; PostgreSQL \(major) needs version \(major) or newer"
        case .pgDumpTooOld(let found, let major):
            "pg_dump \(found) is older than the server, which is PostgreSQL \(major)"
        case .rowOfWrongShape(let table):
            "the server sent a row of \(table) that does not have the table's columns"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .yielded:
            [
                .command(["infisical-ops", "backup"]),
                .check("what was stored is used again; raise backup.yield_after if this happens every night"),
            ]
        case .migrationRunning:
            [.check("see in the backend's log whether the migration goes on; then run the backup again")]
        case .largeObjects:
            [.command(["pg_dump", "-Fc", "--large-objects", "--file", "database.dump"])]
        case .pgDumpMissing(let major), .pgDumpTooOld(_, let major):
            [.command(["apt-get", "install", "postgresql-client-\(major)"])]
        case .rowOfWrongShape:
            [.command(["infisical-ops", "backup"])]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .migrationRunning, .largeObjects, .pgDumpMissing, .pgDumpTooOld: .refused
        case .yielded, .rowOfWrongShape: .failed
        }
    }
}
