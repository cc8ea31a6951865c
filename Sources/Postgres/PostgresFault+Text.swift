import Effects
import Faults

extension PostgresFault {
    /// What a person is told: the kind for `code`, the message, the hints; one place per case.
    var text: (kind: String, message: String, hints: [Hint]) {
        switch self {
        case .notNamed, .unknownHost, .connectionRefused, .unreachable, .connectTimedOut, .wrongPassword,
            .notAllowed, .noSuchDatabase, .closed, .tooManyConnections, .serverNotReady, .connectFailed,
            .certificateNotAccepted,
            .tooOld:
            connectText
        case .pooler, .settingRefused, .settingDangerous: sessionText
        case .unreadableRelations, .strangeRelation, .relationsKeepChanging, .locksNotAvailable, .snapshotGone,
            .tooFewLocks,
            .targetOlder,
            .rolesMissing, .localeUnknown, .noServerPrograms, .scratchServerFailed:
            workflowText
        case .otherDatabase, .sessionsStay, .unknownClients, .mayNotEnd, .mayNotClose, .preparedTransactions,
            .lockHeld, .notDurable:
            fenceText
        default: statementText
        }
    }

    private var connectText: (kind: String, message: String, hints: [Hint]) {
        switch self {
        case .notNamed:
            (
                "not-named", "no database is named: neither by the configuration nor by an env file or a container",
                [
                    .command(["infisical-ops", "config", "show"]),
                    .check(
                        "name the env file of the instance (instance.env_file, INFISICAL_OPS_ENV_FILE) or the database "
                            + "(instance.database.url, INFISICAL_OPS_DATABASE_URL)"),
                ]
            )
        case .unknownHost(let host):
            (
                "unknown-host", "the host name \(host) of the database is not known here",
                [.check("a container's name is known only inside its network; use its published port or its address")]
            )
        case .connectionRefused(let server, let reason):
            (
                "connection-refused", "no PostgreSQL server answers at \(server): \(reason)",
                [
                    .check("is the database running, and does it listen there?"),
                    .command(["infisical-ops", "config", "show"]),
                ]
            )
        case .unreachable(let server, let reason):
            (
                "unreachable", "the database server \(server) cannot be reached: \(reason)",
                [
                    .check("check the address, the network and the firewall"),
                    .command(["infisical-ops", "config", "show"]),
                ]
            )
        case .connectTimedOut(let server, let seconds):
            (
                "connect-timed-out", "the database server \(server) did not answer within \(seconds) seconds",
                [
                    .check("check the address, the network and the firewall"),
                    .command(["infisical-ops", "config", "show"]),
                ]
            )
        case .wrongPassword(let user, let server, let origin):
            (
                "wrong-password", "the server \(server) does not accept the password of user \(user)",
                [.check("the password was taken from \(origin ?? "PGPASSWORD, PGPASSFILE, or nowhere")")]
            )
        case .notAllowed(let user, let database, let server, let reason):
            (
                "not-allowed", "the server \(server) does not let user \(user) into database \(database): \(reason)",
                [.check("check the server's pg_hba.conf, the role, and its right to connect")]
            )
        case .noSuchDatabase(let name, let server):
            (
                "no-such-database", "there is no database \(name) on the server \(server)",
                [.check("`psql -l` lists the databases of a server"), .command(["infisical-ops", "config", "show"])]
            )
        case .closed(let database, let server, let reason):
            (
                "closed", "the database \(database) on the server \(server) lets nobody in: \(reason)",
                [
                    .command(["infisical-ops", "rotate", "status"]),
                    .check(
                        "a rotation closes a database while it works, and opens it at its end; if none is unfinished, in psql "
                            + "on template1: ALTER DATABASE \(Quoting.identifier(database)) WITH ALLOW_CONNECTIONS true"
                    ),
                    .check(
                        "one that the server calls invalid is what a DROP that was cut off has left: it can only be dropped"
                    ),
                ]
            )
        case .tooManyConnections(let server):
            (
                "too-many-connections", "the server \(server) has no free connection",
                [.check("use fewer `--jobs`, end idle sessions, or raise max_connections")]
            )
        case .serverNotReady(let server, let reason):
            (
                "server-not-ready", "the server \(server) does not take connections now: \(reason)",
                [.check("wait until it has started or recovered, then run the same command again")]
            )
        case .tooOld(let version, let server):
            (
                "too-old", "the server \(server) is PostgreSQL \(version); 14 is the oldest that is supported",
                [.check("upgrade the server; Infisical itself needs PostgreSQL 14 or newer")]
            )
        case .connectFailed(let server, let reason):
            (
                "connect-failed", "cannot connect to the database server \(server): \(reason)",
                [.command(["infisical-ops", "config", "show"])]
            )
        case .certificateNotAccepted(let server, let reason, let authority):
            (
                "certificate-not-accepted",
                "cannot connect to the database server \(server), whose certificate must be signed by \(authority): "
                    + reason,
                [
                    .command(["openssl", "s_client", "-starttls", "postgres", "-showcerts", "-connect", server]),
                    .check(
                        "Infisical checks the certificate in the same way; to connect without, for this program alone, "
                            + "set instance.database.url with ?sslmode=require"),
                ]
            )
        default: ("connect", "cannot connect", [])
        }
    }

    private var sessionText: (kind: String, message: String, hints: [Hint]) {
        switch self {
        case .pooler(let server, let sign, let direct):
            (
                "pooler",
                "\(server) is a connection pooler and not PostgreSQL itself (\(sign.text)): settings of this "
                    + "session would reach the application",
                [
                    .check(
                        direct.map { "the server itself is at \($0): set instance.database.url to that address" }
                            ?? "set instance.database.url to the address of the server itself, often the pooler's host "
                            + "with port 5432"),
                    .command(["infisical-ops", "config", "show"]),
                ]
            )
        case .settingRefused(let name, let value, let server):
            (
                "setting-refused",
                "the session with \(server) does not keep the setting \(name) at \(value.isEmpty ? "nothing" : value)",
                [.check("what this program reads and writes would depend on it; is there a proxy in between?")]
            )
        case .settingDangerous(let name, let value, let server):
            (
                "setting-dangerous",
                "\(name) is \(value) for this role or database on \(server): rows could be lost silently",
                [.check("look for it with `\\drds` in psql, then ALTER ROLE or ALTER DATABASE ... RESET \(name)")]
            )
        default: ("session", "a session failed", [])
        }
    }

    private var statementText: (kind: String, message: String, hints: [Hint]) {
        switch self {
        case .interrupted(let interruption):
            ("interrupted", interruption.message, interruption.hints)
        case .connectionLost(let server, let during, let reason):
            (
                "connection-lost",
                "the connection to \(server) was lost during \(during)" + (reason.map { ": \($0)" } ?? ""),
                [.check("look at the server's log: it may have been stopped, restarted, or have run out of memory")]
            )
        case .deadlinePassed(let during, let seconds):
            (
                "deadline-passed", "\(during) took longer than \(seconds) seconds and was cancelled",
                [.check("look for what the server is waiting for in pg_stat_activity")]
            )
        case .cancelled(let during):
            (
                "cancelled", "\(during) was cancelled on the server",
                [.check("somebody called pg_cancel_backend, or a time limit of the server passed")]
            )
        case .permissionDenied(let reason):
            (
                "permission-denied", "the server refuses: \(reason)",
                [.check("connect as the owner of the database, or grant the missing right")]
            )
        case .lockNotAvailable(let reason):
            (
                "lock-not-available", "the server could not grant a lock: \(reason)",
                [.check("another session is changing the table; run the same command again later")]
            )
        case .serverDiskFull(let reason):
            (
                "server-disk-full", "the disk of the database server is full: \(reason)",
                [.check("make room on the disk of the server's data folder")]
            )
        case .databaseExists(let name):
            (
                "database-exists", "the database \(name) already exists; nothing was changed",
                [.check("choose another name with `--to-database`; an existing database is never overwritten")]
            )
        case .duplicate(let reason):
            ("duplicate", "the server refuses: \(reason)", [.check("what is to be created already exists")])
        case .badData(let state, let place):
            (
                "bad-data", "the server refuses a row\(place.isEmpty ? "" : " (\(place))"), SQLSTATE \(state)",
                [.check("the server's log has the details; they are not shown here because they quote row values")]
            )
        case .statementFailed(let state, let reason, let during):
            (
                "statement-failed", "\(during) failed: \(reason) (SQLSTATE \(state))",
                [.check("the server's log has the details")]
            )
        case .unexpectedAnswer(let what):
            (
                "unexpected-answer", "the database server answered in an unexpected way: \(what)",
                [.check("is there a proxy or a pooler between this program and PostgreSQL?")]
            )
        case .notUnicode(let column):
            (
                "not-unicode",
                "the database has a name or a text that is not UTF-8 (in the column \(column) of a query)",
                [
                    .check(
                        "a database in SQL_ASCII can hold any bytes: rename what is named so, or move it to one in UTF8"
                    )
                ]
            )
        default: ("statement", "a statement failed", [])
        }
    }

    private var workflowText: (kind: String, message: String, hints: [Hint]) {
        switch self {
        case .unreadableRelations(let names):
            (
                "unreadable-relations",
                "the database user may not read all of \(names.joined(separator: ", "))",
                [
                    .check("connect as the owner of the database, or grant SELECT on these objects"),
                    .check("where row security is on, only its owner or a role with BYPASSRLS sees all rows"),
                ]
            )
        case .strangeRelation(let name, let reason):
            (
                "strange-relation", "\(name) is not read: \(reason)",
                [.check("Infisical does not create it like that; somebody changed it in the database")]
            )
        case .relationsKeepChanging(let attempts, let example):
            (
                "relations-keep-changing",
                "tables were created, dropped or rewritten during each of \(attempts) attempts to lock them all, "
                    + "the last time \(example)",
                [.check("is a migration running? Run the same command again when it has ended")]
            )
        case .locksNotAvailable(let attempts, let reason):
            (
                "locks-not-available", "the tables could not be locked in \(attempts) attempts: \(reason)",
                [.check("another session is changing a table: see pg_locks; run the same command again later")]
            )
        case .snapshotGone(let reason):
            (
                "snapshot-gone", "the snapshot of this backup is gone: \(reason)",
                [.check("the connection that held it was lost; look at the server's log, then run the command again")]
            )
        case .tooFewLocks(let needed, let free, let setting, let enough):
            (
                "too-few-locks",
                "the tables cannot all be locked at once: that takes \(needed) locks, and the server has room for "
                    + "\(free) more (max_locks_per_transaction is \(setting))",
                [
                    .check(
                        "set max_locks_per_transaction to \(enough) or more in postgresql.conf and restart the server")
                ]
            )
        case .targetOlder(let source, let target):
            (
                "target-older", "the data is from PostgreSQL \(source), but the target server is older (\(target))",
                [.check("restore to a server of version \(source.major) or newer")]
            )
        case .rolesMissing(let names):
            (
                "roles-missing", "the target server lacks the roles \(names.joined(separator: ", "))",
                [.check("restore with `--create-roles`, or with `--no-owner`")]
            )
        case .localeUnknown(let name):
            (
                "locale-unknown", "the target server does not know the locale \(name) of the source",
                [
                    .check("install the locale on the target host (`locale-gen`), then restart its server"),
                    .check(
                        "or restore with `--locale C.UTF-8`; text then sorts differently, which Infisical does not mind"
                    ),
                ]
            )
        case .noServerPrograms(let name):
            (
                "no-server-programs", "the program \(name) of the PostgreSQL server was not found on this host",
                [.check("install the package `postgresql`; PATH and /usr/lib/postgresql/*/bin are searched")]
            )
        case .scratchServerFailed(let reason):
            (
                "scratch-server-failed", "the scratch PostgreSQL server failed: \(reason)",
                [.check("look at free space and permissions of the temporary folder")]
            )
        default: ("workflow", "a step failed", [])
        }
    }
}

extension PostgresFault.PoolerSign {
    fileprivate var text: String {
        switch self {
        case .noOptions: "it takes no options of a session"
        case .otherProcess: "another process serves the session than the one that was connected to"
        case .noTransactions: "it allows no transactions"
        }
    }
}
