extension ClientSession {
    /// Ends the sessions with a database, as far as this user may; not this one, nor those of the processes to keep.
    package static func end(
        in database: String, keeping kept: Set<Int32> = [], _ connection: Connection
    ) throws(PostgresFault) {
        // One that may not be ended would keep all others from it.
        try connection.query(
            """
            SELECT pg_terminate_backend(pid) FROM (\(raw: all(ended: true))) AS s
            WHERE datname = \(database) AND NOT leader = ANY (\(array: kept.map(String.init))::int[])
            """)
    }

    /// The sessions with a database that this user may not end: those of superusers, and of roles that are not its own
    /// or were dropped.
    package static func beyondReach(
        in database: String, _ connection: Connection
    ) throws(PostgresFault) -> [ClientSession] {
        try read(
            connection.query(
                "SELECT * FROM (\(raw: all(ended: false))) AS s WHERE datname = \(database) ORDER BY pid"))
    }

    /// All sessions with a database but this one and those of the processes to keep, whatever they call themselves.
    static func all(
        in database: String, keeping kept: Set<Int32>, _ connection: Connection
    ) throws(PostgresFault) -> [ClientSession] {
        try read(
            connection.query(
                """
                SELECT * FROM (\(raw: all(ended: nil))) AS s WHERE datname = \(database) AND pid <> pg_backend_pid()
                    AND NOT leader = ANY (\(array: kept.map(String.init))::int[])
                ORDER BY pid
                """))
    }

    /// Processes that begin a session with a database: they have been let in, and are not seen among the sessions yet.
    static func beginning(in oid: UInt32, _ connection: Connection) throws(PostgresFault) -> Int {
        // A new session locks the database before it asks whether it is let in, and until it shows among the sessions.
        // Whoever changes the database's settings has that lock as well, but shows.
        try connection.query(
            """
            SELECT count(*) AS n FROM pg_locks l
            WHERE l.locktype = 'object' AND l.classid = 'pg_database'::regclass AND l.objid = \(Int64(oid))::oid
                AND l.pid <> pg_backend_pid()
                AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = l.pid AND a.datid IS NOT NULL)
            """
        ).only().integer("n")
    }

    /// - Parameter ended: whether this user may end them; nil for all.
    private static func all(ended: Bool?) -> String {
        // The server's own workers belong to no role: a rename ends them by itself, and only a superuser may. A role that
        // was dropped is no superuser, but its sessions are there. What works for a session goes with it.
        let sessions = """
            SELECT a.datname, a.pid, coalesce(a.usename, '')::text AS username,
                coalesce(a.application_name, '') AS application, host(a.client_addr) AS address,
                coalesce(a.leader_pid, a.pid) AS leader
            FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid
                JOIN pg_roles own ON own.rolname = current_user
            WHERE a.usesysid IS NOT NULL
            """
        guard let ended else { return sessions }
        return sessions + """
             AND (own.rolsuper OR NOT coalesce(r.rolsuper, false)
                AND (pg_has_role(a.usesysid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE'))) = \(ended)
            """
    }
}
