/// How many more sessions the user may open.
package struct ConnectionBudget: Sendable, Equatable {
    package let free: Int
    /// What sets the limit, as a clause.
    package let reason: String

    package init(free: Int, reason: String) {
        self.free = free
        self.reason = reason
    }

    /// Asks the server of the session, which is itself counted as taken.
    package static func read(_ connection: Connection) throws(PostgresFault) -> ConnectionBudget {
        // What kind of process another user's session is may be hidden; whose it is never is.
        let row = try connection.query(
            """
            SELECT r.rolsuper AS super, r.rolconnlimit AS role_limit, d.datconnlimit AS database_limit,
                current_setting('max_connections')::int AS most,
                current_setting('superuser_reserved_connections')::int
                    + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved,
                s.taken, s.of_role, s.of_database
            FROM pg_roles r, pg_database d,
                LATERAL (
                    SELECT count(*) AS taken, count(*) FILTER (WHERE a.usesysid = r.oid) AS of_role,
                        count(*) FILTER (WHERE a.datid = d.oid) AS of_database
                    FROM pg_stat_activity a
                    WHERE a.usesysid IS NOT NULL AND a.datid IS NOT NULL
                        AND coalesce(a.backend_type, 'client backend') = 'client backend'
                ) s
            WHERE r.rolname = session_user AND d.datname = current_database()
            """
        ).only()
        let taken: Int = try row.integer("taken"), most: Int = try row.integer("most")
        if try row.bool("super") { return of(most - taken, "\(taken) of \(most) (max_connections) are taken") }
        let reserved: Int = try row.integer("reserved")
        var budgets = [
            of(
                most - reserved - taken,
                "\(taken) of \(most - reserved) (max_connections without the reserved ones) are taken")
        ]
        let ofRole: Int = try row.integer("role_limit"), ofDatabase: Int = try row.integer("database_limit")
        if ofRole >= 0 {
            let used: Int = try row.integer("of_role")
            budgets.append(of(ofRole - used, "\(used) of the \(ofRole) that the role may have are taken"))
        }
        if ofDatabase >= 0 {
            let used: Int = try row.integer("of_database")
            budgets.append(of(ofDatabase - used, "\(used) of the \(ofDatabase) that the database may have are taken"))
        }
        return budgets.min { $0.free < $1.free } ?? budgets[0]
    }

    private static func of(_ free: Int, _ reason: String) -> ConnectionBudget {
        ConnectionBudget(free: max(0, free), reason: reason)
    }

    /// How many sessions may read a database at once, of those that are wanted: the leader and `pg_dump` need one each.
    /// With one, the leader reads by itself, and `pg_dump` has the only other session.
    package func jobs(wanted: Int) -> Int { max(1, min(wanted, free - 2)) }
}
