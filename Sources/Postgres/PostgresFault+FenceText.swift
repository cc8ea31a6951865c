import Faults

extension PostgresFault {
    /// What stands in the way of having a database to oneself.
    var fenceText: (kind: String, message: String, hints: [Hint]) {
        switch self {
        case .otherDatabase(let name):
            (
                "other-database", "the database \(name) is not the one that this was begun with",
                [.command(["psql", "-l"]), .check("was it dropped, renamed or made again meanwhile?")]
            )
        case .sessionsStay(let database, let sessions, let beginning, let seconds):
            (
                "sessions-stay",
                "the database \(database) is closed, and \(Int(seconds)) seconds later somebody is still inside: "
                    + (sessions.map(\.text) + (beginning > 0 ? ["\(beginning) that only begin"] : []))
                    .joined(separator: "; "),
                [
                    .check("stop what they belong to, or end them as a superuser: SELECT pg_terminate_backend(PID)"),
                    .check("then run the same command again"),
                ]
            )
        case .unknownClients(let database, let sessions):
            (
                "unknown-clients",
                "the database \(database) has sessions that are neither the backend's nor this program's: "
                    + sessions.map(\.text).joined(separator: "; "),
                [
                    .check("stop what they belong to: a monitor, a pooler, a psql or a second backend"),
                    .check("then run the same command again"),
                ]
            )
        case .mayNotEnd(let database, let sessions, let user):
            (
                "may-not-end",
                "the user \(user) may not end these sessions with the database \(database): "
                    + sessions.map(\.text).joined(separator: "; "),
                [
                    .check("stop what they belong to, or connect as a superuser: instance.database.user"),
                    .check("or grant pg_signal_backend to \(user); it does not reach sessions of superusers"),
                ]
            )
        case .mayNotClose(let database, let user):
            (
                "may-not-close",
                "the user \(user) may not close the database \(database): that takes its owner or a superuser",
                [.check("connect as one of them: instance.database.user")]
            )
        case .preparedTransactions(let database, let count):
            (
                "prepared-transactions",
                "the database \(database) has \(count) prepared transactions, which belong to no session and may still "
                    + "be committed",
                [.check("commit or roll them back, see pg_prepared_xacts")]
            )
        case .lockHeld(let lock, let sessions, let seconds):
            (
                "lock-held",
                "the advisory lock \(lock) was not free within \(Int(seconds)) seconds"
                    + (sessions.isEmpty ? "" : ": " + sessions.map(\.text).joined(separator: "; ")),
                [.check("end the session that has it: SELECT pg_terminate_backend(PID)")]
            )
        case .notDurable(let reason):
            (
                "not-durable", "the server would confirm a COMMIT that a crash can undo: \(reason)",
                [.check("set it back with ALTER SYSTEM RESET and reload the server's configuration")]
            )
        default: ("fence", "a database cannot be closed", [])
        }
    }
}
