package import Effects
package import Faults

/// What can go wrong between this program and a PostgreSQL server.
///
/// No case carries a password, a DETAIL or a CONTEXT of the server: those quote row values.
package enum PostgresFault: Fault, Equatable {
    // connecting
    /// Nothing says where the database is.
    case notNamed
    case unknownHost(String)
    case connectionRefused(server: String, reason: String)
    case unreachable(server: String, reason: String)
    case connectTimedOut(server: String, seconds: Int)
    case wrongPassword(user: String, server: String, origin: String?)
    case notAllowed(user: String, database: String, server: String, reason: String)
    case noSuchDatabase(name: String, server: String)
    /// It lets nobody in, a superuser neither: `ALLOW_CONNECTIONS false`, or what a DROP that was cut off left.
    case closed(database: String, server: String, reason: String)
    case tooManyConnections(server: String)
    case serverNotReady(server: String, reason: String)
    case connectFailed(server: String, reason: String)
    /// TLS did not come about where the server's certificate is checked, against the signatures of `authority`.
    case certificateNotAccepted(server: String, reason: String, authority: String)
    case tooOld(ServerVersion, server: String)
    /// - Parameter direct: the server's own address, if it is known.
    case pooler(server: String, sign: PoolerSign, direct: String?)
    case settingRefused(name: String, value: String, server: String)
    case settingDangerous(name: String, value: String, server: String)
    // any statement
    case interrupted(Interruption)
    case connectionLost(server: String, during: String, reason: String?)
    case deadlinePassed(during: String, seconds: Double)
    case cancelled(during: String)
    case permissionDenied(reason: String)
    case lockNotAvailable(reason: String)
    case serverDiskFull(reason: String)
    case databaseExists(name: String)
    case duplicate(reason: String)
    /// The server refused row values; only names that say where, never the values.
    case badData(sqlState: String, place: String)
    case statementFailed(sqlState: String, reason: String, during: String)
    case unexpectedAnswer(String)
    case notUnicode(column: String)
    // workflows of this target
    case unreadableRelations([String])
    /// Reading the relation would run code of whoever owns it.
    case strangeRelation(String, reason: String)
    case relationsKeepChanging(attempts: Int, example: String)
    case locksNotAvailable(attempts: Int, reason: String)
    case snapshotGone(reason: String)
    /// A backup would need more entries in the server's table of locks than it has left.
    case tooFewLocks(needed: Int, free: Int, setting: Int, enough: Int)
    case targetOlder(source: ServerVersion, target: ServerVersion)
    case rolesMissing([String])
    case localeUnknown(String)
    case noServerPrograms(String)
    case scratchServerFailed(String)
    // closing a database
    /// Another one has the name by now, or none.
    case otherDatabase(String)
    /// It is closed, and these do not go; `beginning` more do not even show yet.
    case sessionsStay(database: String, [ClientSession], beginning: Int, seconds: Double)
    case unknownClients(database: String, [ClientSession])
    case mayNotEnd(database: String, [ClientSession], user: String)
    case mayNotClose(database: String, user: String)
    case preparedTransactions(database: String, count: Int)
    // asking what became of a transaction
    /// An advisory lock that others do not give up.
    case lockHeld(Int64, [ClientSession], seconds: Double)
    /// A COMMIT could be answered before it is on disk; why, as a clause.
    case notDurable(String)

    package var code: String { "postgres." + text.kind }
    package var message: String { text.message }
    package var hints: [Hint] { text.hints }

    /// How it shows that the other side is a connection pooler and not the server.
    package enum PoolerSign: Sendable, Equatable {
        /// It takes no options of a session.
        case noOptions
        /// The session's process is not the one that the connection was promised.
        case otherProcess
        /// It lets nobody have a transaction of several statements.
        case noTransactions
    }

    /// Whether no server answers at the address, so that the address itself may be wrong.
    package var isAboutTheAddress: Bool {
        switch self {
        case .notNamed, .unknownHost, .connectionRefused, .unreachable, .connectTimedOut: true
        default: false
        }
    }

    package var exit: ExitCode {
        switch self {
        case .interrupted(let interruption): interruption.exit
        case .notNamed, .databaseExists, .targetOlder, .rolesMissing, .localeUnknown, .tooOld, .unreadableRelations,
            .notUnicode,
            .tooFewLocks, .pooler, .settingRefused, .settingDangerous, .strangeRelation, .otherDatabase,
            .unknownClients,
            .mayNotEnd, .mayNotClose, .preparedTransactions:
            .refused
        default: .failed
        }
    }
}
