/// What restoring does with a server besides loading rows: databases, roles and sequences.
package enum TargetDatabase {
    /// Whether the server has a database of this name.
    package static func exists(_ name: String, _ connection: Connection) throws(PostgresFault) -> Bool {
        try connection.query("SELECT 1 FROM pg_database WHERE datname = \(name)").count == 1
    }

    /// Makes an empty database from `template0`.
    ///
    /// - Parameter tablespace: nil for the standard one.
    /// - Throws: `databaseExists`, `localeUnknown`.
    package static func create(
        _ name: String, _ locale: DatabaseLocale, tablespace: String? = nil, on connection: Connection
    ) throws(PostgresFault) {
        let place = tablespace.map { " TABLESPACE " + Quoting.identifier($0) } ?? ""
        do {
            try connection.query(
                """
                CREATE DATABASE \(identifier: name) TEMPLATE template0 \
                \(raw: locale.options(for: connection.serverVersion) + place)
                """)
        } catch {
            switch error {
            case .badData("22023", _), .statementFailed("42809", _, _): throw .localeUnknown(locale.name)
            case .databaseExists: throw .databaseExists(name: name)
            default: throw error
            }
        }
    }

    /// Removes a database, a template too, and ends the sessions in it.
    package static func drop(_ name: String, on connection: Connection) throws(PostgresFault) {
        if try DatabaseProperties.read(name, connection)?.isTemplate == true {
            try connection.query("ALTER DATABASE \(identifier: name) IS_TEMPLATE false")
        }
        try connection.query("DROP DATABASE IF EXISTS \(identifier: name) WITH (FORCE)")
    }

    /// Whether the server has a tablespace in which this session's user may make a database.
    package static func mayUse(tablespace name: String, _ connection: Connection) throws(PostgresFault) -> Bool {
        try connection.query(
            "SELECT FROM pg_tablespace WHERE spcname = \(name) AND has_tablespace_privilege(oid, 'CREATE')"
        ).count > 0
    }

    /// Refuses a target whose major version is below the source's.
    package static func refuseOlder(
        _ target: ServerVersion, than source: ServerVersion
    ) throws(PostgresFault) {
        if target.major < source.major { throw .targetOlder(source: source, target: target) }
    }

    /// Those of `roles` that the server does not have.
    package static func missingRoles(
        of roles: [String], _ connection: Connection
    ) throws(PostgresFault) -> [String] {
        let rows = try connection.query(
            """
            SELECT wanted AS name FROM unnest(\(array: roles)::text[]) AS wanted
            WHERE wanted NOT IN (SELECT rolname FROM pg_roles) ORDER BY 1
            """)
        var names: [String] = []
        for row in rows { names.append(try row.string("name")) }
        return names
    }

    /// Makes roles that can own things but not log in.
    package static func createRoles(_ names: [String], _ connection: Connection) throws(PostgresFault) {
        for name in names { try connection.query("CREATE ROLE \(identifier: name) NOLOGIN") }
    }

    /// Sets sequences to the positions that the backup recorded.
    package static func setSequences(
        _ values: [Catalog.SequenceValue], _ connection: Connection
    ) throws(PostgresFault) {
        for value in values {
            let name = Quoting.qualified(value.schema, value.name)
            try connection.query(
                "SELECT setval(\(name)::regclass, \(value.lastValue)::bigint, \(value.isCalled)::bool)")
        }
    }
}
