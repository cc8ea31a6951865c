package import CopyFormat
package import InfisicalData
import InfisicalTables
package import Postgres

/// The tables of a live database, read with plain COPY statements, which need no planner and run nobody's code.
///
/// All of it is of the moment in which the session's transaction began; the caller opens one (`REPEATABLE READ`).
package struct LiveTables: TableSource {
    /// The system column that says where a row lies, until somebody changes it.
    package static let rowPlace = "ctid"

    private let connection: Connection
    package let facts: CatalogFacts
    package let roots: [String: String]
    package let unread: [String]
    private let partitioned: Set<String>

    package init(_ database: InfisicalDatabase) throws(PostgresFault) {
        connection = database.connection
        facts = database.facts
        var roots: [String: String] = [:], partitioned: Set<String> = []
        let rows = try connection.query(
            """
            SELECT class.relname AS name, class.relkind = 'p' AS is_root,
                CASE WHEN class.relispartition THEN (
                    SELECT root.relname FROM pg_catalog.pg_class AS root
                    WHERE root.oid = pg_catalog.pg_partition_root(class.oid)
                ) END AS root
            FROM pg_catalog.pg_class AS class
            JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
            WHERE namespace.nspname = 'public' AND (class.relkind = 'p' OR class.relispartition)
                AND class.relkind IN ('r', 'p')
            """)
        for row in rows {
            let name = try row.string("name")
            if let root = try row.stringIfAny("root") { roots[name] = root }
            if try row.bool("is_root") { partitioned.insert(name) }
        }
        self.roots = roots
        self.partitioned = partitioned
        unread = try LiveTables.unread(connection)
    }

    private static func unread(_ connection: Connection) throws(PostgresFault) -> [String] {
        var names: [String] = []
        let rows = try connection.query(
            """
            WITH RECURSIVE binary_types (oid) AS (
                SELECT CAST(17 AS pg_catalog.oid)
                UNION
                SELECT type.oid FROM pg_catalog.pg_type AS type JOIN binary_types AS made
                    ON made.oid = type.typbasetype OR made.oid = type.typelem AND type.typcategory = 'A'
            )
            SELECT namespace.nspname || '.' || class.relname || '.' || attribute.attname AS name
            FROM pg_catalog.pg_class AS class
            JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
            JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = class.oid
            JOIN binary_types ON binary_types.oid = attribute.atttypid
            WHERE class.relkind = 'r' AND class.relpersistence <> 't' AND attribute.attnum > 0
                AND NOT attribute.attisdropped AND namespace.nspname !~ '^pg_'
                AND namespace.nspname <> 'information_schema'
                AND NOT (namespace.nspname = 'public' AND attribute.atttypid = 17)
            ORDER BY 1
            """)
        for row in rows { names.append(try row.string("name")) }
        return names
    }

    package func read(
        _ table: String, _ columns: [String], part: Int,
        _ body: (borrowing RowFields) throws(CopyFault) -> Void
    ) throws {
        // The place of a row is no column of the catalog, and a plain COPY does not know it.
        let hasPlace = columns.contains(LiveTables.rowPlace)
        for column in columns where !facts.has(table, column) && column != LiveTables.rowPlace {
            throw TableFault.noSuchColumn(table: table, column: column, source: "the database")
        }
        // Its rows are those of its partitions, which are read for themselves.
        if partitioned.contains(table) { return }
        // COPY takes no column twice.
        var unique: [String] = []
        for column in columns where !unique.contains(column) { unique.append(column) }
        let places = columns.map { column in unique.firstIndex(of: column) ?? 0 }
        let list = unique.map(Quoting.identifier).joined(separator: ", ")
        try withoutActuallyEscaping(body) { body in
            var stream = RowStream(.binary, columns: unique.count, places: places, body)
            do {
                let name = Quoting.qualified("public", table)
                let rows = hasPlace ? "(SELECT \(list) FROM ONLY \(name))" : "\(name) (\(list))"
                try connection.copyOut("COPY \(rows) TO STDOUT (FORMAT binary)") {
                    try stream.feed($0)
                }
                try stream.finishStream()
            } catch let fault as CopyFault {
                throw TableFault.damagedRows(table: table, source: "the database", fault)
            }
        }
    }
}
