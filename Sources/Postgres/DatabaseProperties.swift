/// What `ALTER DATABASE` sets besides settings, owner and rights.
package struct DatabaseProperties: Sendable, Hashable {
    /// -1 for no limit.
    package let connectionLimit: Int
    package let isTemplate: Bool
    /// Nil for the server's standard one.
    package let tablespace: String?

    package init(connectionLimit: Int, isTemplate: Bool, tablespace: String?) {
        self.connectionLimit = connectionLimit
        self.isTemplate = isTemplate
        self.tablespace = tablespace
    }

    /// Of the database called `name`; nil where there is none.
    package static func read(
        _ name: String, _ connection: Connection
    ) throws(PostgresFault) -> DatabaseProperties? {
        let rows = try connection.query(
            """
            SELECT d.datconnlimit, d.datistemplate, nullif(t.spcname, 'pg_default') AS space
            FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = \(name)
            """)
        return try rows.first.map { (row) throws(PostgresFault) -> DatabaseProperties in
            DatabaseProperties(
                connectionLimit: try row.integer("datconnlimit"), isTemplate: try row.bool("datistemplate"),
                tablespace: try row.stringIfAny("space"))
        }
    }

    /// The statements that give them to a database with the usual ones; the tablespace is chosen when it is made.
    package func statements(for name: String) -> [(property: String, sql: String)] {
        let start = "ALTER DATABASE \(Quoting.identifier(name))"
        var statements: [(property: String, sql: String)] = []
        if isTemplate { statements.append(("is_template", "\(start) IS_TEMPLATE true")) }
        if connectionLimit != -1 {
            statements.append(("connection limit", "\(start) CONNECTION LIMIT \(connectionLimit)"))
        }
        return statements
    }
}
