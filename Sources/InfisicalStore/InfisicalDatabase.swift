package import InfisicalData
package import Postgres

/// An Infisical database as seen through one session: its catalog read once, its tables read on demand.
///
/// Every statement names the schema (`public`) and runs in whatever transaction the session is in, so that inside a
/// backup's snapshot everything belongs to the same moment. Nothing here writes.
package struct InfisicalDatabase {
    package let connection: Connection
    package let facts: CatalogFacts
    package let era: Era

    /// Reads the catalog.
    ///
    /// - Throws: among others `strangeRelation`, for a table whose reading would run code of the database's owner.
    package init(_ connection: Connection) throws(PostgresFault) {
        self.connection = connection
        facts = try InfisicalDatabase.catalog(of: connection)
        era = Era.of(facts)
        try InfisicalDatabase.refuseStrange(era, connection)
    }

    private static func catalog(of connection: Connection) throws(PostgresFault) -> CatalogFacts {
        let rows = try connection.query(
            """
            SELECT class.relname AS table, attribute.attname AS column,
                pg_catalog.format_type(attribute.atttypid, attribute.atttypmod) AS type,
                NOT attribute.attnotnull AS nullable
            FROM pg_catalog.pg_class AS class
            JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
            LEFT JOIN pg_catalog.pg_attribute AS attribute
                ON attribute.attrelid = class.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
            WHERE namespace.nspname = 'public' AND class.relkind IN ('r', 'p')
            """)
        var tables: [String: [String: CatalogFacts.Column]] = [:]
        for row in rows {
            let table = try row.string("table")
            if let column = try row.stringIfAny("column") {
                tables[table, default: [:]][column] = .init(
                    type: try row.string("type"), isNullable: try row.bool("nullable"))
            } else {
                tables[table] = [:]
            }
        }
        return CatalogFacts(tables: tables)
    }
}
