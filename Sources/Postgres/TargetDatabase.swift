/// What restoring does with a server besides loading rows: databases, roles, sequences, materialised views.
package enum TargetDatabase {
    /// Whether the server has a database of this name.
    package static func exists(_ name: String, _ connection: Connection) throws(PostgresFault) -> Bool {
        try connection.query("SELECT 1 FROM pg_database WHERE datname = \(name)").count == 1
    }

    /// Makes an empty database like the one that `source` describes, from `template0`.
    ///
    /// - Parameter collationSubstitute: the locale to take instead of the source's, when the server lacks it.
    /// - Throws: `targetOlder`, `databaseExists`, `localeUnknown`.
    package static func create(
        _ name: String, like source: ServerFacts, owner: String? = nil, collationSubstitute: String? = nil,
        on connection: Connection
    ) throws(PostgresFault) {
        try refuseOlder(connection.serverVersion, than: source.version)
        var sql = "CREATE DATABASE \(Quoting.identifier(name)) TEMPLATE template0"
        sql += " ENCODING \(Quoting.literal(source.encoding))"
        sql += " LC_COLLATE \(Quoting.literal(collationSubstitute ?? source.collation))"
        sql += " LC_CTYPE \(Quoting.literal(collationSubstitute ?? source.characterType))"
        if collationSubstitute == nil, let locale = source.providerLocale {
            switch source.localeProvider {
            case .libc: break
            case .icu: sql += " LOCALE_PROVIDER icu ICU_LOCALE \(Quoting.literal(locale))"
            case .builtin: sql += " LOCALE_PROVIDER builtin BUILTIN_LOCALE \(Quoting.literal(locale))"
            }
        } else if connection.serverVersion.major >= 15 {
            sql += " LOCALE_PROVIDER libc"
        }
        if let owner { sql += " OWNER \(Quoting.identifier(owner))" }
        do { try connection.query(SQL(raw: sql)) } catch {
            switch error {
            case .badData("22023", _), .statementFailed("42809", _, _):
                throw .localeUnknown(source.providerLocale ?? source.collation)
            case .databaseExists: throw .databaseExists(name: name)
            default: throw error
            }
        }
    }

    /// Removes a database and ends the sessions in it.
    package static func drop(_ name: String, on connection: Connection) throws(PostgresFault) {
        try connection.query("DROP DATABASE IF EXISTS \(identifier: name) WITH (FORCE)")
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

    /// Fills a materialised view.
    package static func refresh(_ view: Relation, _ connection: Connection) throws(PostgresFault) {
        try connection.query("REFRESH MATERIALIZED VIEW \(raw: view.quotedName)")
    }
}
