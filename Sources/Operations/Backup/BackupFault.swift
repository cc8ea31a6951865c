package import CopyFormat
package import Faults
package import Postgres

/// Why a backup was not taken, where no leaf knows the reason.
package enum BackupFault: Fault {
    case yielded(LockMonitor.BlockedSession, after: Int)
    /// Tables, names or types were changed beside the backup.
    case overtaken(String)
    case migrationRunning(String, waited: Int)
    case largeObjects(count: Int64)
    case rowOfWrongShape(table: String, CopyFault)
    /// The server counted other rows than were read.
    case rowsMissing(table: String, sent: UInt64, read: UInt64)
    /// `pg_dump` ended well, and its archive describes other relations than the snapshot has.
    case archiveDiffers(path: String, ArchiveContents.Difference)
    case archiveDamaged(path: String)
    /// A standby cancelled what the backup read, in order to go on with what the primary has done.
    case recoveryConflict(String)

    package var code: String {
        switch self {
        case .yielded: "backup.yielded"
        case .overtaken: "backup.overtaken"
        case .migrationRunning: "backup.migration-running"
        case .largeObjects: "backup.large-objects"
        case .rowOfWrongShape: "backup.row-of-wrong-shape"
        case .rowsMissing: "backup.rows-missing"
        case .archiveDiffers: "backup.archive-differs"
        case .archiveDamaged: "backup.archive-damaged"
        case .recoveryConflict: "backup.recovery-conflict"
        }
    }

    package var message: String {
        switch self {
        case .yielded(let session, let seconds):
            "the backup gave way to another session: \(session.text) "
                + "(process \(session.pid)\(session.applicationName.isEmpty ? "" : ", \(session.applicationName)")) "
                + "had waited \(seconds) s for it; no backup was published"
        case .overtaken(let reason):
            "tables, names or types were changed during each attempt of the backup, the last time because \(reason); "
                + "no backup was published"
        case .migrationRunning(let text, let seconds):
            "Infisical is migrating its database: \(text); waited \(seconds) s"
        case .largeObjects(let count):
            "the database holds \(count) large objects, which a backup does not include"
        case .rowOfWrongShape(let table, let fault):
            "what the server sent of \(table) are not rows with the table's columns: \(fault.message)"
        case .rowsMissing(let table, let sent, let read):
            "\(read) rows of \(table) were read, but the server says that it sent \(sent)"
        case .archiveDiffers(let path, let difference):
            "\(path) did not describe the database as it is: "
                + [
                    difference.missing.isEmpty ? nil : "it left out \(BackupFault.list(difference.missing))",
                    difference.unknown.isEmpty
                        ? nil : "the backup does not know \(BackupFault.list(difference.unknown)) of it",
                ].compactMap { $0 }.joined(separator: "; ")
        case .archiveDamaged(let path):
            "the output of \(path) is not a pg_dump archive, or ends too early"
        case .recoveryConflict(let reason):
            "the standby server cancelled the backup to apply changes from its primary: \(reason)"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .yielded:
            [
                .command(["infisical-ops", "backup"]),
                .check("the next backup reuses what was stored; raise backup.yield_after if this happens every night"),
            ]
        case .overtaken:
            [.check("is a migration running? Run the same command again when it has ended")]
        case .migrationRunning:
            [.check("check in the backend's log whether the migration is still running; then run the backup again")]
        case .largeObjects:
            [.command(["pg_dump", "-Fc", "--large-objects", "--file", "database.dump"])]
        case .rowOfWrongShape, .rowsMissing:
            [.command(["infisical-ops", "backup"])]
        case .archiveDiffers(let path, _), .archiveDamaged(let path):
            [
                .command([path, "--version"]),
                .check(
                    "is it PostgreSQL's own program, or a script that calls it with other options (backup.pg_dump)?"),
            ]
        case .recoveryConflict:
            [
                .check("set hot_standby_feedback to on, or raise max_standby_streaming_delay, on the standby server"),
                .check("or back up the primary server"), .command(["infisical-ops", "backup"]),
            ]
        }
    }

    /// The first of many names.
    private static func list(_ names: [String]) -> String {
        names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }

    package var exit: ExitCode {
        switch self {
        case .migrationRunning, .largeObjects: .refused
        case .yielded, .overtaken, .rowOfWrongShape, .rowsMissing, .archiveDiffers, .archiveDamaged,
            .recoveryConflict:
            .failed
        }
    }
}

extension LockMonitor.BlockedSession {
    /// What it wants to do, and to which table.
    var text: String { command + (relation.map { " on \($0)" } ?? "") }
}
