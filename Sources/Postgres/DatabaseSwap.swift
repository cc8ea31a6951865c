/// Puts one database in the place of another, from a session with a third: closes the door, ends who is inside, renames
/// both in one transaction.
package enum DatabaseSwap {
    /// How often sessions are ended before a rename is given up: one that begins to connect is seen only afterwards.
    private static let attempts = 20

    /// Whether this session may rename a database; nil where there is none of this name.
    package static func mayRename(_ name: String, _ connection: Connection) throws(PostgresFault) -> Bool? {
        try connection.query(
            """
            SELECT r.rolsuper OR (r.rolcreatedb AND pg_has_role(d.datdba, 'USAGE')) AS may
            FROM pg_database d, pg_roles r WHERE d.datname = \(name) AND r.rolname = current_user
            """
        ).first.map { (row) throws(PostgresFault) -> Bool in try row.bool("may") }
    }

    /// Prepared transactions of a database: they belong to nobody, and keep it from being renamed.
    package static func preparedTransactions(
        in name: String, _ connection: Connection
    ) throws(PostgresFault) -> Int {
        try connection.query("SELECT count(*) AS n FROM pg_prepared_xacts WHERE database = \(name)").only()
            .integer("n")
    }

    /// Lets nobody in any more, or everybody again; the only setting that keeps a superuser out as well.
    package static func setOpen(_ isOpen: Bool, _ name: String, _ connection: Connection) throws(PostgresFault) {
        try connection.query(
            "ALTER DATABASE \(identifier: name) WITH ALLOW_CONNECTIONS \(raw: isOpen ? "true" : "false")")
    }

    /// Ends the sessions of a database, as far as this user may.
    package static func endSessions(in name: String, _ connection: Connection) throws(PostgresFault) {
        // One that may not be ended would keep all others from it.
        try connection.query(
            "SELECT pg_terminate_backend(pid) FROM (\(raw: sessions(ended: true))) AS s WHERE datname = \(name)")
    }

    /// The sessions of a database that this user may not end: those of superusers, and of roles that are not its own
    /// or were dropped.
    package static func sessionsBeyondReach(
        in name: String, _ connection: Connection
    ) throws(PostgresFault) -> [ClientSession] {
        try ClientSession.read(
            connection.query("SELECT * FROM (\(raw: sessions(ended: false))) AS s WHERE datname = \(name) ORDER BY pid")
        )
    }

    /// - Parameter ended: whether this user may end them.
    private static func sessions(ended: Bool) -> String {
        // The server's own workers belong to no role: a rename ends them by itself, and only a superuser may. A role that
        // was dropped is no superuser, but its sessions are there.
        """
        SELECT a.datname, a.pid, coalesce(a.usename, '')::text AS username, coalesce(a.application_name, '') AS application,
            host(a.client_addr) AS address
        FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid JOIN pg_roles own ON own.rolname = current_user
        WHERE a.usesysid IS NOT NULL AND (own.rolsuper OR NOT coalesce(r.rolsuper, false)
            AND (pg_has_role(a.usesysid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE'))) = \(ended)
        """
    }

    /// Renames `live` to `kept` and `copy` to `live`, both or none, and opens the new one for everybody. `live` must be
    /// closed; where it does not exist, only `copy` is renamed.
    package static func swap(
        live: String, copy: String, kept: String, _ connection: Connection
    ) throws(PostgresFault) {
        for attempt in 1...attempts {
            try endSessions(in: live, connection)
            try endSessions(in: copy, connection)
            do throws(PostgresFault) {
                try connection.query("BEGIN")
                if try TargetDatabase.exists(live, connection) {
                    try connection.query("ALTER DATABASE \(identifier: live) RENAME TO \(identifier: kept)")
                }
                try connection.query("ALTER DATABASE \(identifier: copy) RENAME TO \(identifier: live)")
                try setOpen(true, live, connection)
                try connection.query("COMMIT")
                return
            } catch {
                // A session that was just ended may be counted a moment longer.
                guard case .statementFailed("55006", _, _) = error, attempt < attempts else { throw error }
                try connection.query("ROLLBACK")
                try connection.query("SELECT pg_sleep(0.25)")
            }
        }
    }

    /// `pg_database.oid` of a database; nil where there is none of this name.
    package static func oid(of name: String, _ connection: Connection) throws(PostgresFault) -> UInt32? {
        let rows = try connection.query("SELECT oid::bigint AS oid FROM pg_database WHERE datname = \(name)")
        return try rows.first.map { (row) throws(PostgresFault) -> UInt32 in try row.integer("oid") }
    }
}
