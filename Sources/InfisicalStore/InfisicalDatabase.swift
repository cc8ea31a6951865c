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
    /// Another schema that has Infisical's tables, where `public` has none: its role's or its URI's `search_path` says so.
    /// They are named and not read.
    package let otherSchema: String?

    /// How much of the catalog is read.
    package enum Extent {
        case all
        /// The tables in which migrations are recorded: as much as asking whether one is going on needs.
        case migrations
    }

    /// Reads the catalog.
    ///
    /// - Throws: among others `strangeRelation`, for a table whose reading would run code of the database's owner.
    package init(_ connection: Connection, _ extent: Extent = .all) throws(PostgresFault) {
        self.connection = connection
        facts = try InfisicalDatabase.catalog(of: connection, extent)
        era = Era.of(facts)
        otherSchema = era == .none && extent == .all ? try InfisicalDatabase.otherSchema(connection) : nil
        try InfisicalDatabase.refuseStrange(era, connection)
    }

    private static func otherSchema(_ connection: Connection) throws(PostgresFault) -> String? {
        try connection.query(
            """
            SELECT namespace.nspname AS name FROM pg_catalog.pg_class AS class
            JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
            WHERE class.relname IN ('kms_root_config', 'infisical_migrations', 'super_admin')
                AND class.relkind IN ('r', 'p') AND namespace.nspname <> 'public'
            GROUP BY 1 HAVING pg_catalog.count(*) > 1 ORDER BY 1 LIMIT 1
            """
        ).first?.string("name")
    }

    /// What to say of tables that are somewhere else; nil where they are not.
    package var otherSchemaText: String? {
        otherSchema.map {
            "Infisical's tables are in the schema \(Quoting.identifier($0)) and not in public, where this program looks for "
                + "them: no key was tried"
        }
    }

    private static func catalog(of connection: Connection, _ extent: Extent) throws(PostgresFault) -> CatalogFacts {
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
                \(raw: extent == .migrations ? "AND class.relname LIKE 'infisical\\_%'" : "")
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
