/// Which tables and columns the schema `public` of a database has: all that deciding about it may rest on.
///
/// Infisical's release number is not stored in its database, and its migrations moved one table at a time; so what a
/// database is, is decided by looking, never by a version.
package struct CatalogFacts: Sendable, Equatable {
    /// A column as the catalog describes it.
    package struct Column: Sendable, Equatable {
        /// The type in PostgreSQL's own words, such as `bytea` or `character varying(255)`.
        package let type: String
        package let isNullable: Bool

        package init(type: String, isNullable: Bool) {
            self.type = type
            self.isNullable = isNullable
        }
    }

    /// Columns by table, then by name; a table without columns is present too.
    package let tables: [String: [String: Column]]

    package init(tables: [String: [String: Column]]) {
        self.tables = tables
    }

    package func has(_ table: String) -> Bool { tables[table] != nil }

    package func has(_ table: String, _ column: String) -> Bool { tables[table]?[column] != nil }

    /// Whether the table has every one of the columns.
    package func has(_ table: String, all columns: [String]) -> Bool { columns.allSatisfy { has(table, $0) } }

    /// Whether the table has a column of type `bytea` by this name.
    package func hasBytes(_ table: String, _ column: String) -> Bool { self.column(table, column)?.type == "bytea" }

    /// Whether the table has a column by this name whose values are plain text, numbers or UUIDs: what the program may
    /// compare and turn into text, whoever made the database.
    package func hasText(_ table: String, _ column: String) -> Bool {
        guard let type = self.column(table, column)?.type else { return false }
        return ["uuid", "text", "integer", "smallint", "bigint", "boolean"].contains(type)
            || type.hasPrefix("character varying")
    }

    package func column(_ table: String, _ name: String) -> Column? { tables[table]?[name] }
}
