/// A session of a client, as far as this session's user may see it.
package struct ClientSession: Sendable, Hashable {
    package let pid: Int32
    /// Empty where the role was dropped.
    package let user: String
    /// What the client calls itself; empty where it does not, or where this user may not know.
    package let application: String
    /// Where it comes from; nil for a local socket, and where this user may not know.
    package let address: String?

    /// The sessions with a database that are not of this program, asked from a session with any database of the same server.
    package static func others(
        in database: String, _ connection: Connection
    ) throws(PostgresFault) -> [ClientSession] {
        let rows = try connection.query(
            """
            SELECT pid, coalesce(usename, '')::text AS username, coalesce(application_name, '') AS application,
                host(client_addr) AS address
            FROM pg_stat_activity
            WHERE datname = \(database) AND pid <> pg_backend_pid()
                -- the server's own workers belong to no role, and show no type to those who may not know it
                AND usesysid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
                AND NOT starts_with(coalesce(application_name, ''), 'infisical-ops ')
            ORDER BY pid
            """)
        return try read(rows)
    }

    /// Rows with the columns of this type.
    static func read(_ rows: Rows) throws(PostgresFault) -> [ClientSession] {
        var sessions: [ClientSession] = []
        for row in rows {
            sessions.append(
                ClientSession(
                    pid: try row.integer("pid"), user: try row.string("username"),
                    application: try row.string("application"), address: try row.stringIfAny("address")))
        }
        return sessions
    }

    /// Whether it says that it is of this program.
    package var isOwn: Bool { application.hasPrefix("infisical-ops ") }

    /// `process 4711 (psql of postgres from 172.18.0.1)`.
    package var text: String {
        let client = application.isEmpty ? "a client" : application
        let user = user.isEmpty ? "a role that was dropped" : user
        return "process \(pid) (\(client) of \(user)\(address.map { " from \($0)" } ?? ""))"
    }
}

extension ClientSession {
    /// Who has sessions as a role, besides this program: what the clients call themselves, where they come from, and how
    /// many sessions each of them has.
    ///
    /// - Parameter names: what to call whoever comes from an address and does not name itself.
    package static func others(
        of role: String, calling names: [String: String] = [:], _ connection: Connection
    ) throws(PostgresFault) -> [String] {
        let rows = try connection.query(
            """
            SELECT coalesce(application_name, '') AS application, coalesce(host(client_addr), '') AS address,
                count(*) AS sessions
            FROM pg_catalog.pg_stat_activity
            WHERE usename = \(role) AND backend_type = 'client backend' AND NOT starts_with(coalesce(application_name, ''), 'infisical-ops ')
            GROUP BY 1, 2 ORDER BY 1, 2
            """)
        var clients: [String] = []
        for row in rows {
            let application = try row.string("application"), address = try row.string("address")
            let count: Int = try row.integer("sessions")
            clients.append(
                (application.isEmpty ? names[address] ?? "a client that gives no name" : application)
                    + (address.isEmpty ? ", over the server's own socket" : " from \(address)")
                    + (count == 1 ? "" : ", \(count) sessions"))
        }
        return clients
    }
}
