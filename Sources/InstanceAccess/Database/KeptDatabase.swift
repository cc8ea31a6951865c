package import Postgres

/// A database that a restore in place, or its undo, has put aside: it takes room on the server until somebody drops it.
package struct KeptDatabase: Sendable, Equatable {
    package let name: String
    /// On the server's disk; nil where this user may not ask.
    package let bytes: Int?

    /// What the names of databases begin with that were put aside, or are made, for another one.
    ///
    /// - Parameters:
    ///   - live: the name of that one, of which 36 bytes are taken: PostgreSQL cuts names off at 63.
    ///   - word: such as `before`.
    package static func start(_ word: String, of live: String) -> String {
        var start = ""
        for character in live where start.utf8.count + String(character).utf8.count <= 36 { start.append(character) }
        return "\(start)_\(word)_"
    }

    /// Those that were put aside for the database of a session, the oldest first. They are closed: what is open is in use,
    /// whatever it is called.
    package static func all(_ connection: Connection) throws(PostgresFault) -> [KeptDatabase] {
        let live = try connection.query("SELECT pg_catalog.current_database() AS name").only().string("name")
        let starts = ["before", "undone"].map { start($0, of: live) }
        let rows = try connection.query(
            """
            SELECT datname, CASE WHEN pg_catalog.has_database_privilege(oid, 'CONNECT')
                THEN pg_catalog.pg_database_size(oid) END AS bytes
            FROM pg_catalog.pg_database WHERE NOT datallowconn AND datname ~ '_(before|undone)_[0-9]' ORDER BY datname
            """)
        var found: [KeptDatabase] = []
        for row in rows {
            let name = try row.string("datname")
            guard starts.contains(where: name.hasPrefix) else { continue }
            found.append(KeptDatabase(name: name, bytes: try row.integerIfAny("bytes")))
        }
        return found
    }

    /// What removes it, in a session with another database.
    package var dropStatement: String { "DROP DATABASE \(Quoting.identifier(name));" }
}
