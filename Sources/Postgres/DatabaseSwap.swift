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

    /// Whether a DROP of a database was cut off with its server: what is left of it can only be dropped. PostgreSQL says so since
    /// 2023 (15.4), in `datconnlimit`.
    package static func isInvalid(_ name: String, _ connection: Connection) throws(PostgresFault) -> Bool {
        try !connection.query("SELECT FROM pg_database WHERE datname = \(name) AND datconnlimit = -2").isEmpty
    }

    /// Prepared transactions of a database: they belong to nobody, and keep it from being renamed.
    package static func preparedTransactions(
        in name: String, _ connection: Connection
    ) throws(PostgresFault) -> Int {
        try connection.query("SELECT count(*) AS n FROM pg_prepared_xacts WHERE database = \(name)").only()
            .integer("n")
    }

    /// Renames `live` to `kept` and `copy` to `live`, both or none, and opens the new one for everybody. `live` must be
    /// closed; where it does not exist, only `copy` is renamed.
    package static func swap(
        live: String, copy: String, kept: String, _ connection: Connection
    ) throws(PostgresFault) {
        for attempt in 1...attempts {
            try ClientSession.end(in: live, connection)
            try ClientSession.end(in: copy, connection)
            do throws(PostgresFault) {
                try connection.query("BEGIN")
                if try TargetDatabase.exists(live, connection) {
                    try connection.query("ALTER DATABASE \(identifier: live) RENAME TO \(identifier: kept)")
                }
                try connection.query("ALTER DATABASE \(identifier: copy) RENAME TO \(identifier: live)")
                try DatabaseFence.setOpen(true, live, connection)
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
