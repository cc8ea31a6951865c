package import Faults

/// Why a restore in place was refused, or what of it is unfinished.
package enum InPlaceFault: Fault, Equatable {
    /// The backup needs another key than the instance has; `inForce` says what that is, as a clause, and the hints where the
    /// right one is.
    case otherKey(backup: String, needed: String, inForce: String, hints: [Hint])
    /// There is no key to start with, or none that can be one; the reason as a clause.
    case noKey(backup: String, reason: String, hints: [Hint])
    /// The data does not open with the key in force, whatever the manifest says; what was tried, as a clause.
    case copyDoesNotOpen(String, hints: [Hint])
    /// What is to be put back was put aside before the key was rotated; `needed` is the label of its own.
    case keptUnderOtherKey(database: String, needed: String, rotation: String)
    /// The backup is of another database than Infisical's, or of an empty one.
    case notInfisical
    /// The newest backup holds less than the one before it, or another instance; `reason` names the newest that does not.
    /// `options`: what else was asked for.
    case latestIsShrunk(backup: String, reason: String, better: String, options: [String])
    /// The database that would be replaced is of another instance than the backup; their numbers.
    case replacesOther(other: String, backup: String)
    case mayNotRename(database: String, user: String)
    case preparedTransactions(database: String, count: Int)
    /// Somebody is in the live database whose session this user may not end.
    case sessionsLeft(database: String, [String])
    case noRoom(free: Int, needed: Int)
    case redisUnreachable(String)
    /// Nothing says where it is.
    case redisUnknown(String)
    /// With what the last exchange left, where that is gone, and the command that lists the server's databases.
    case nothingToUndo(database: String, String?, list: [String])
    /// The live database is not the one that the plan was made for.
    case otherDatabase(String)
    /// The backup is from a later version of Infisical than the one that runs.
    case olderServer(backup: String, needed: String, running: String)
    case badJournal(path: String)
    /// What was stopped in the middle belongs to another instance of this host.
    case otherInstance(database: String, path: String)
    /// The databases are exchanged; the command goes on with what was to follow, and did not work.
    case unfinished(String, command: [String])
    /// It stopped on the way, and the backend may be down.
    case halted(String, command: [String])

    package var code: String {
        switch self {
        case .otherKey: "in-place.other-key"
        case .noKey: "in-place.key-unknown"
        case .copyDoesNotOpen: "in-place.copy-does-not-open"
        case .keptUnderOtherKey: "in-place.kept-under-other-key"
        case .notInfisical: "in-place.not-infisical"
        case .latestIsShrunk: "in-place.latest-is-shrunk"
        case .replacesOther: "in-place.replaces-other-instance"
        case .mayNotRename: "in-place.may-not-rename"
        case .preparedTransactions: "in-place.prepared-transactions"
        case .sessionsLeft: "in-place.sessions-left"
        case .noRoom: "in-place.no-room"
        case .redisUnreachable, .redisUnknown: "in-place.redis-unreachable"
        case .nothingToUndo: "in-place.nothing-to-undo"
        case .otherDatabase: "in-place.other-database"
        case .olderServer: "in-place.older-server"
        case .badJournal: "in-place.bad-journal"
        case .otherInstance: "in-place.other-instance"
        case .unfinished: "in-place.unfinished"
        case .halted: "in-place.halted"
        }
    }

    package var message: String {
        switch self {
        case .otherKey(let backup, let needed, let inForce, _):
            "the backup \(backup) needs the key with the label \(needed), and the key that the instance uses \(inForce)"
        case .noKey(let backup, let reason, _):
            "the instance has no key that could open the backup \(backup), and would not start on it: \(reason)"
        case .copyDoesNotOpen(let reason, _):
            "what is restored cannot be opened with the key that the instance uses: \(reason)"
        case .keptUnderOtherKey(let database, let needed, let rotation):
            "the database \"\(database)\" was put aside before the key was rotated (\(rotation)): it opens with the key \(needed) alone, "
                + "and the instance would not start on it"
        case .latestIsShrunk(_, let reason, _, _): reason
        case .replacesOther(let other, let backup):
            "the database that is replaced is of another instance (\(other)) than the backup (\(backup))"
        case .notInfisical: "this backup has no tables of Infisical, so the instance could not start on it"
        case .mayNotRename(let database, let user):
            "the user \(user) may not rename the database \(database): that takes its owner with CREATEDB, or a superuser"
        case .preparedTransactions(let database, let count):
            "the database \(database) has \(count) prepared transactions, which keep it from being renamed"
        case .sessionsLeft(let database, let sessions):
            "the database \(database) has sessions that this user may not end, and cannot be renamed while they last: "
                + sessions.joined(separator: "; ")
        case .noRoom(let free, let needed):
            "the database's disk has \(free >> 20) MiB free; the copy beside the live database needs about "
                + "\(needed >> 20) MiB"
        case .redisUnreachable(let reason), .redisUnknown(let reason): "Redis cannot be emptied: \(reason)"
        case .nothingToUndo(let database, let kept?, _):
            "the database \(kept), which the last restore in place kept of \(database), no longer exists"
        case .nothingToUndo(let database, nil, _):
            "no restore in place that is recorded in this state folder kept an earlier \(database)"
        case .otherDatabase(let name): "the database \(name) is not the one that the plan was made for"
        case .olderServer(let backup, let needed, let running):
            "the backup \(backup) is from a later version of Infisical than the server that runs here: it has \(needed), "
                + "and the live database \(running)"
        case .badJournal(let path): "\(path) does not hold what this program writes there"
        case .otherInstance(let database, _):
            "a restore in place of the database \(database) was interrupted, on another server or under another name than "
                + "this configuration has"
        case .unfinished(let what, _): "the databases were swapped, but \(what)"
        case .halted(let what, _): "the restore in place is not finished, and the backend may be stopped: \(what)"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .otherKey(let backup, _, _, let hints), .noKey(let backup, _, let hints):
            hints + [
                .check("or look at the backup first, in a database of its own:"),
                .command(["infisical-ops", "restore", backup, "--to-database", "infisical_check"]),
            ]
        case .copyDoesNotOpen(_, let hints): hints
        case .keptUnderOtherKey:
            [
                .check(
                    "restore a backup of that time in place instead: its copy is encrypted with the key in force, out of the key "
                        + "that the backup keeps"),
                .command(["infisical-ops", "list"]),
            ]
        case .latestIsShrunk(let backup, _, let better, let options):
            [
                .command(["infisical-ops", "restore", better, "--in-place"] + options),
                .check("to put that one there all the same, give its id: \(backup)"),
            ]
        case .notInfisical: [.command(["infisical-ops", "list"])]
        case .replacesOther:
            [
                .check("look first whether the address is the right one"),
                .command(["infisical-ops", "config", "show"]),
                .check("if it is, run the same command with --other-instance"),
            ]
        case .mayNotRename: [.check("connect as a superuser: instance.database.user")]
        case .preparedTransactions: [.check("commit or roll them back, see pg_prepared_xacts")]
        case .sessionsLeft:
            [
                .check("end them, or connect as a superuser: instance.database.user"),
                .check("then run the same command again"),
            ]
        case .noRoom: [.check("make room, or restore to another server with --to-server")]
        case .redisUnreachable:
            [
                .command(["infisical-ops", "health"]),
                .check("is it running, and is REDIS_URL what the backend uses? start it, or correct the address"),
                .check("or run the same command with --keep-redis: Redis then stays as it is, with the newer state"),
            ]
        case .redisUnknown:
            [
                .check("set REDIS_URL in the env file that the backend reads, and name that as instance.env_file"),
                .check("or run the same command with --keep-redis: Redis then stays as it is, with the newer state"),
            ]
        case .nothingToUndo(_, _, let list):
            [
                .command(list),
                .check("a database kept elsewhere is put back by hand, with ALTER DATABASE … RENAME TO …"),
            ]
        case .otherDatabase: [.check("run the same command again, with --dry-run first, and look at its plan")]
        case .olderServer(let backup, _, _):
            [
                .check("run the version that the backup names, then this command again"),
                .command(["infisical-ops", "show", backup]),
            ]
        case .badJournal(let path):
            [
                .command(["cat", path]),
                .check(
                    "an earlier version wrote it, or it was changed: finish what it names with that version, or by hand"
                ),
            ]
        case .otherInstance(_, let path):
            [
                .pattern(
                    ["infisical-ops", "restore", "--in-place", "--config", "FILE"],
                    with: "FILE as the configuration that it was begun with"),
                .check("if that instance no longer exists, remove \(path)"),
            ]
        case .unfinished(_, let command), .halted(_, let command):
            [
                .command(command + ["--yes"]),
                .check("where Redis is what fails, add --keep-redis: it then still has the state that was replaced"),
            ]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .otherKey, .noKey, .copyDoesNotOpen, .keptUnderOtherKey: .keyMismatch
        case .sessionsLeft: .failed
        case .unfinished, .halted: .unhealthy
        default: .refused
        }
    }
}
