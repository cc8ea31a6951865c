package import Faults
package import Postgres

/// Why a backup was not taken, where no leaf knows the reason.
package enum BackupFault: Fault {
    case yielded(LockMonitor.BlockedSession, after: Int)
    /// Tables were changed between the locks of one session and those of the next.
    case overtaken(String)
    case migrationRunning(String, waited: Int)
    case largeObjects(count: Int64)
    case rowOfWrongShape(table: String)

    package var code: String {
        switch self {
        case .yielded: "backup.yielded"
        case .overtaken: "backup.overtaken"
        case .migrationRunning: "backup.migration-running"
        case .largeObjects: "backup.large-objects"
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
        case .rowOfWrongShape:
            [.command(["infisical-ops", "backup"])]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .migrationRunning, .largeObjects: .refused
        case .yielded, .overtaken, .rowOfWrongShape: .failed
        }
    }
}

extension LockMonitor.BlockedSession {
    /// What it wants to do, and to which table.
    var words: String { command + (relation.map { " on \($0)" } ?? "") }
}
