/// What is tied to a database and stays with it, or keeps it from being renamed, when another one takes its place.
///
/// None of it is part of a backup, so that none of it is in the database that comes. Read from a session with any other
/// database of the server.
package struct DatabaseTies: Sendable, Equatable {
    /// It belongs to no session, and its locks are held until somebody ends it.
    package struct PreparedTransaction: Sendable, Equatable {
        package let name: String
        package let owner: String
        package let seconds: Int
    }

    /// A logical slot; physical ones belong to the whole server.
    package struct ReplicationSlot: Sendable, Equatable {
        package let name: String
        package let plugin: String
        package let isActive: Bool
        /// Bytes of the write-ahead log that the server keeps for it; nil where that is not known.
        package let retained: Int?
    }

    /// The database takes what another one publishes.
    package struct Subscription: Sendable, Equatable {
        package let name: String
        package let isEnabled: Bool
    }

    /// A session with the database that is not of this program.
    package struct Session: Sendable, Equatable {
        package let pid: Int
        package let user: String
        /// Empty where it says nothing, or must not be seen.
        package let application: String
        /// Address of the client; nil for one on the same host.
        package let client: String?
        /// How long its transaction is open; nil for none.
        package let transactionSeconds: Int?
        /// Locks on tables that it holds, strong enough to keep others from writing.
        package let strongLocks: Int
    }

    package let prepared: [PreparedTransaction]
    package let slots: [ReplicationSlot]
    package let subscriptions: [Subscription]
    package let sessions: [Session]

    /// Reads all that is tied to the database called `name`; nothing where there is none.
    package static func read(_ name: String, _ connection: Connection) throws(PostgresFault) -> DatabaseTies {
        DatabaseTies(
            prepared: try prepared(name, connection), slots: try slots(name, connection),
            subscriptions: try subscriptions(name, connection), sessions: try sessions(name, connection))
    }

    private static func prepared(
        _ name: String, _ connection: Connection
    ) throws(PostgresFault) -> [PreparedTransaction] {
        let rows = try connection.query(
            """
            SELECT gid, owner, pg_catalog.floor(EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - prepared))::bigint
                AS seconds
            FROM pg_catalog.pg_prepared_xacts WHERE database = \(name) ORDER BY prepared, gid
            """)
        return try rows.collect { (row) throws(PostgresFault) in
            PreparedTransaction(
                name: try row.string("gid"), owner: try row.string("owner"), seconds: try row.integer("seconds"))
        }
    }

    private static func slots(_ name: String, _ connection: Connection) throws(PostgresFault) -> [ReplicationSlot] {
        let rows = try connection.query(
            """
            SELECT slot_name AS name, plugin, active,
                CASE WHEN NOT pg_catalog.pg_is_in_recovery()
                    THEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn)::bigint END AS retained
            FROM pg_catalog.pg_replication_slots WHERE database = \(name) ORDER BY slot_name
            """)
        return try rows.collect { (row) throws(PostgresFault) in
            ReplicationSlot(
                name: try row.string("name"), plugin: try row.string("plugin"), isActive: try row.bool("active"),
                retained: try row.stringIfAny("retained").flatMap { Int($0) })
        }
    }

    private static func subscriptions(
        _ name: String, _ connection: Connection
    ) throws(PostgresFault) -> [Subscription] {
        let rows = try connection.query(
            """
            SELECT s.subname AS name, s.subenabled AS enabled FROM pg_catalog.pg_subscription s
            JOIN pg_catalog.pg_database d ON d.oid = s.subdbid WHERE d.datname = \(name) ORDER BY s.subname
            """)
        return try rows.collect { (row) throws(PostgresFault) in
            Subscription(name: try row.string("name"), isEnabled: try row.bool("enabled"))
        }
    }

    private static func sessions(_ name: String, _ connection: Connection) throws(PostgresFault) -> [Session] {
        let rows = try connection.query(
            """
            SELECT a.pid, COALESCE(a.usename, '') AS user, COALESCE(a.application_name, '') AS application,
                pg_catalog.host(a.client_addr) AS client,
                pg_catalog.floor(EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - a.xact_start))::bigint AS seconds,
                (SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks l
                    WHERE l.pid = a.pid AND l.locktype = 'relation' AND l.granted
                    AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))
                    AS locks
            FROM pg_catalog.pg_stat_activity a
            WHERE a.datname = \(name) AND a.usesysid IS NOT NULL
                AND COALESCE(a.backend_type, 'client backend') IN ('client backend', 'walsender')
                AND NOT pg_catalog.starts_with(COALESCE(a.application_name, ''), 'infisical-ops ')
            ORDER BY a.xact_start NULLS LAST, a.pid
            """)
        return try rows.collect { (row) throws(PostgresFault) in
            Session(
                pid: try row.integer("pid"), user: try row.string("user"), application: try row.string("application"),
                client: try row.stringIfAny("client"),
                transactionSeconds: try row.stringIfAny("seconds").flatMap { Int($0) },
                strongLocks: try row.integer("locks"))
        }
    }
}

extension Rows {
    /// The rows one by one, in whatever form is wanted.
    fileprivate func collect<Value>(
        _ body: (Row) throws(PostgresFault) -> Value
    ) throws(PostgresFault) -> [Value] {
        var values: [Value] = []
        for row in self { values.append(try body(row)) }
        return values
    }
}
