import Postgres

/// A check constraint that a table, or one that it inherits from, asks of every row.
struct TableCheck: Sendable, Equatable {
    let schema: String
    let table: String
    let name: String
    let owner: String
    /// `CHECK (…)`, with all names in full.
    let definition: String
    let comment: String?

    /// Of a table and those above it, each where it was declared.
    static func all(of quotedName: String, _ connection: Connection) throws(PostgresFault) -> [TableCheck] {
        let rows = try connection.query(
            """
            WITH RECURSIVE above AS (
                SELECT to_regclass(\(quotedName))::oid AS oid
                UNION SELECT i.inhparent FROM pg_inherits i JOIN above ON above.oid = i.inhrelid
            )
            SELECT n.nspname, r.relname, c.conname, pg_get_userbyid(r.relowner) AS owner, pg_get_constraintdef(c.oid) AS def,
                obj_description(c.oid, 'pg_constraint') AS comment
            FROM pg_constraint c JOIN above ON above.oid = c.conrelid JOIN pg_class r ON r.oid = c.conrelid
                JOIN pg_namespace n ON n.oid = r.relnamespace
            WHERE c.contype = 'c' AND c.coninhcount = 0 AND c.convalidated ORDER BY r.oid, c.conname
            """)
        var checks: [TableCheck] = []
        for row in rows {
            checks.append(
                TableCheck(
                    schema: try row.string("nspname"), table: try row.string("relname"),
                    name: try row.string("conname"),
                    owner: try row.string("owner"), definition: try row.string("def"),
                    comment: try row.stringIfAny("comment")))
        }
        return checks
    }

    var displayName: String { "\(schema).\(table) \(name)" }
    private var quotedTable: String { Quoting.qualified(schema, table) }
    var dropStatement: String { "ALTER TABLE \(quotedTable) DROP CONSTRAINT \(Quoting.identifier(name))" }

    /// Makes it again, with what was said of it.
    ///
    /// - Parameter isValid: false for one that is asked of new rows only.
    func addStatement(isValid: Bool) -> String {
        let name = Quoting.identifier(name)
        let add = "ALTER TABLE \(quotedTable) ADD CONSTRAINT \(name) \(definition)\(isValid ? "" : " NOT VALID")"
        guard let comment else { return add }
        return add + ";\nCOMMENT ON CONSTRAINT \(name) ON \(quotedTable) IS \(Quoting.literal(comment))"
    }
}
