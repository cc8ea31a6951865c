package import Faults
package import Postgres

/// Why a backup was not taken, where no leaf knows the reason.
package enum BackupFault: Fault {
    case yielded(LockMonitor.BlockedSession, after: Int)
    /// Tables were changed between the locks of one session and those of the next.
    case overtaken(String)
    case migrationRunning(String, waited: Int)
    case largeObjects(count: Int64)
    /// `pg_dump` or `pg_restore`; `configured` is the path in the configuration, if one is there.
    case programMissing(String, configured: String?, major: Int)
    case programTooOld(path: String, found: String, major: Int)
    /// It does not answer `--version` as PostgreSQL's programs do.
    case programUnknown(path: String)
    case rowOfWrongShape(table: String)

    package var code: String {
        switch self {
        case .yielded: "backup.yielded"
        case .overtaken: "backup.overtaken"
        case .migrationRunning: "backup.migration-running"
        case .largeObjects: "backup.large-objects"
        case .programMissing(let name, _, _): "backup.\(name.replacing("_", with: "-"))-missing"
        case .programTooOld: "backup.pg-dump-too-old"
        case .programUnknown: "backup.pg-dump-unknown"
        case .rowOfWrongShape: "backup.row-of-wrong-shape"
        }
    }

    package var message: String {
        switch self {
        case .yielded(let session, let seconds):
            "the backup gave way: \(session.words) "
                + "(process \(session.pid)\(session.applicationName.isEmpty ? "" : ", \(session.applicationName)")) "
                + "had waited \(seconds) s for it; no backup was published"
        case .overtaken(let reason):
            "tables were changed each time the backup began to lock them, lately: \(reason); no backup was published"
        case .migrationRunning(let words, let seconds):
            "Infisical is migrating its database: \(words); waited \(seconds) s"
        case .largeObjects(let count):
            "the database holds \(count) large objects, which a backup does not include"
        case .programMissing(let name, let configured?, _):
            "\(configured), which is to be \(name) (backup.pg_dump), is not there or may not be run"
        case .programMissing(let name, nil, let major):
            "\(name) was not found; PostgreSQL \(major) needs version \(major) or newer"
        case .programTooOld(let path, let found, let major):
            "\(path) is of version \(found), but PostgreSQL \(major) needs version \(major) or newer"
        case .programUnknown(let path):
            "\(path) --version does not answer as PostgreSQL's own program does"
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
        case .overtaken:
            [.check("is a migration running? Run the same command again when it has ended")]
        case .migrationRunning:
            [.check("see in the backend's log whether the migration goes on; then run the backup again")]
        case .largeObjects:
            [.command(["pg_dump", "-Fc", "--large-objects", "--file", "database.dump"])]
        case .programMissing(_, let configured?, let major):
            [
                .check("correct or remove backup.pg_dump"), .command(["ls", "-l", configured]),
                .command(["apt-get", "install", "postgresql-client-\(major)"]),
            ]
        case .programMissing(_, nil, let major), .programTooOld(_, _, let major):
            [.command(["apt-get", "install", "postgresql-client-\(major)"])]
        case .programUnknown(let path):
            [.command([path, "--version"]), .check("correct or remove backup.pg_dump")]
        case .rowOfWrongShape:
            [.command(["infisical-ops", "backup"])]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .migrationRunning, .largeObjects, .programMissing, .programTooOld, .programUnknown: .refused
        case .yielded, .overtaken, .rowOfWrongShape: .failed
        }
    }
}

extension LockMonitor.BlockedSession {
    /// What it wants to do, and to which table.
    var words: String { command + (relation.map { " on \($0)" } ?? "") }
}
