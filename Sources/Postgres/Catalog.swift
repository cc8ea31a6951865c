/// Questions to the system catalog of the connected database, about everything that is not PostgreSQL's own.
///
/// None of them waits for a lock on a relation, unless it says so.
package enum Catalog {
    /// All relations of user schemas with their columns, ordered by schema and name. Members of extensions are left out
    /// (the extension makes them), except its configuration tables.
    ///
    /// - Parameter withColumns: false leaves their columns out, which are most of the answer.
    package static func relations(
        _ connection: Connection, withColumns: Bool = true
    ) throws(PostgresFault) -> [Relation] {
        let columns = withColumns ? try columnsByRelation(connection) : [:]
        let rows = try connection.query(
            """
            SELECT c.oid, c.relfilenode, c.relkind, c.relpersistence, n.nspname, c.relname, c.relispartition,
                   c.relrowsecurity, c.relispopulated,
                   e.oid IS NOT NULL AS member,
                   coalesce(e.extcondition[array_position(e.extconfig, c.oid)], '') AS condition,
                   has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')
                       AND NOT row_security_active(c.oid) AS readable,
                   c.oid IN (\(raw: relationsWithForeignCode)) AS foreign_code
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
                AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
            LEFT JOIN pg_extension e ON e.oid = d.refobjid
            WHERE \(raw: userRelation) AND (e.oid IS NULL OR c.oid = ANY (e.extconfig))
                -- NULL for a relation that was dropped while this runs
                AND has_table_privilege(c.oid, 'SELECT') IS NOT NULL
            ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
            """)
        var relations: [Relation] = []
        relations.reserveCapacity(rows.count)
        for row in rows {
            let oid: UInt32 = try row.integer("oid")
            guard let kind = Relation.Kind(rawValue: try row.string("relkind")),
                let persistence = Relation.Persistence(rawValue: try row.string("relpersistence"))
            else { throw .unexpectedAnswer("a relation of an unknown kind") }
            relations.append(
                Relation(
                    oid: oid, fileNode: try row.integer("relfilenode"), kind: kind, persistence: persistence,
                    schema: try row.string("nspname"), name: try row.string("relname"),
                    isPartition: try row.bool("relispartition"), hasRowSecurity: try row.bool("relrowsecurity"),
                    isReadable: try row.bool("readable"), isPopulated: try row.bool("relispopulated"),
                    isExtensionMember: try row.bool("member"), condition: try row.string("condition"),
                    hasForeignCode: try row.bool("foreign_code"),
                    columns: columns[oid] ?? []))
        }
        return relations
    }

    /// The oids of relations that are as `Relation.hasForeignCode` says. PostgreSQL keeps no account of what depends on
    /// its own functions.
    package static let relationsWithForeignCode = """
        SELECT i.indrelid FROM pg_catalog.pg_index i JOIN pg_catalog.pg_depend d
            ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = i.indexrelid
        WHERE (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL) AND d.refclassid IN (
            'pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
        UNION ALL SELECT s.stxrelid FROM pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_depend d
            ON d.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass AND d.objid = s.oid
        WHERE d.refclassid IN (
            'pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
        """

    /// Makes sure that the names of relations still mean them, as statements will find them: a snapshot protects no name.
    package static func refuseReplaced(_ relations: [Relation], _ connection: Connection) throws(PostgresFault) {
        let rows = try connection.query(
            """
            SELECT wanted.name FROM unnest(
                \(array: relations.map(\.quotedName))::text[], \(array: relations.map { String($0.oid) })::oid[]
            ) AS wanted (name, oid)
            WHERE to_regclass(wanted.name)::oid IS DISTINCT FROM wanted.oid LIMIT 1
            """)
        guard let row = rows.first else { return }
        throw .strangeRelation(try row.string("name"), reason: "it was replaced in the meantime")
    }

    private static let userRelation = """
        c.relkind IN ('r', 'p', 'm', 'S', 'f', 'v') AND c.relpersistence <> 't'
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        """

    /// The columns of relations, by their oids.
    static func columnsByRelation(_ connection: Connection) throws(PostgresFault) -> [UInt32: [Relation.Column]] {
        let rows = try connection.query(
            """
            SELECT c.oid, a.attname, a.atttypid, format_type(a.atttypid, a.atttypmod) AS type, t.typtype,
                   a.attgenerated <> '' AS generated,
                   CASE WHEN a.attcollation <> t.typcollation THEN quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
                   END AS collation
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            JOIN pg_type t ON t.oid = a.atttypid
            LEFT JOIN pg_collation co ON co.oid = a.attcollation
            LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
            WHERE \(raw: userRelation) AND c.relkind <> 'S'
            ORDER BY c.oid, a.attnum
            """)
        var columns: [UInt32: [Relation.Column]] = [:]
        for row in rows {
            columns[try row.integer("oid"), default: []].append(
                Relation.Column(
                    name: try row.string("attname"), typeOID: try row.integer("atttypid"),
                    typeName: try row.string("type"), typeKind: try row.string("typtype"),
                    isGenerated: try row.bool("generated"), collation: try row.stringIfAny("collation")))
        }
        return columns
    }

    /// The size of each table. Takes ACCESS SHARE on them for a moment: ask only for tables that are locked already.
    package static func sizes(
        of oids: [UInt32], _ connection: Connection
    ) throws(PostgresFault) -> [UInt32: TableSize] {
        let rows = try connection.query(
            """
            WITH measured AS MATERIALIZED (
                SELECT oid, reltoastrelid, pg_relation_size(oid) AS heap
                FROM pg_class WHERE oid = ANY (\(array: oids.map(String.init))::oid[])
            )
            SELECT oid, heap / block AS heap,
                -- What no row refers to is nothing to read.
                CASE WHEN heap > 0 THEN coalesce(pg_relation_size(reltoastrelid), 0) / block ELSE 0 END AS toast
            FROM measured, CAST(current_setting('block_size') AS bigint) AS block
            WHERE heap IS NOT NULL
            """)
        var sizes: [UInt32: TableSize] = [:]
        for row in rows {
            sizes[try row.integer("oid")] = TableSize(heap: try row.integer("heap"), toast: try row.integer("toast"))
        }
        return sizes
    }

    /// Those of the tables, all of them locked, that have no block and certainly have no row in any snapshot: what rows there were
    /// would lie in the blocks of a file, and nobody takes blocks away from a table that somebody has locked.
    ///
    /// A table whose file is missing has no block either, and is damaged: so the file is looked at. A role that may not
    /// do that gets none of them, and reads them instead. Only PostgreSQL's own kind of table keeps its rows like that.
    /// This opens no table, which makes it cheaper than `sizes`.
    package static func certainlyEmpty(
        _ oids: [UInt32], _ connection: Connection
    ) throws(PostgresFault) -> Set<UInt32> {
        if oids.isEmpty { return [] }
        let mayLook = try connection.query(
            "SELECT has_function_privilege('pg_stat_file(text,boolean)', 'EXECUTE') AS may"
        ).only().bool("may")
        guard mayLook else { return [] }
        let rows = try connection.query(
            """
            SELECT c.oid FROM pg_class c JOIN pg_am a ON a.oid = c.relam
            WHERE c.oid = ANY (\(array: oids.map(String.init))::oid[])
                AND a.amhandler = 'pg_catalog.heap_tableam_handler'::regproc
                AND (pg_stat_file(pg_relation_filepath(c.oid), true)).size = 0
            """)
        var empty: Set<UInt32> = []
        for row in rows { empty.insert(try row.integer("oid")) }
        return empty
    }

    /// A sequence's position.
    package struct SequenceValue: Sendable, Hashable {
        package let schema: String
        package let name: String
        package let lastValue: Int64
        package let isCalled: Bool

        package init(schema: String, name: String, lastValue: Int64, isCalled: Bool) {
            self.schema = schema
            self.name = name
            self.lastValue = lastValue
            self.isCalled = isCalled
        }
    }

    /// The positions of the given sequences as they are now: sequences know no snapshot.
    package static func sequenceValues(
        of sequences: [Relation], _ connection: Connection
    ) throws(PostgresFault) -> [SequenceValue] {
        var values: [SequenceValue] = []
        values.reserveCapacity(sequences.count)
        // In groups: a UNION of thousands of branches takes the planner long.
        for start in stride(from: 0, to: sequences.count, by: 100) {
            let group = sequences[start..<min(start + 100, sequences.count)]
            // They cannot be locked, and a view in their place would run its owner's functions.
            try refuseReplaced(Array(group), connection)
            let branches = group.enumerated().map { index, sequence in
                "SELECT \(index) AS i, last_value, is_called FROM \(sequence.quotedName)"
            }
            let rows = try connection.query(
                "\(raw: branches.joined(separator: " UNION ALL ")) ORDER BY i", deadline: 60)
            for (sequence, row) in zip(group, rows) {
                values.append(
                    SequenceValue(
                        schema: sequence.schema, name: sequence.name, lastValue: try row.integer("last_value"),
                        isCalled: try row.bool("is_called")))
            }
        }
        return values
    }

    /// Materialised views so that each comes after everything it reads from, through views too.
    package static func refreshOrder(
        of relations: [Relation], _ connection: Connection
    ) throws(PostgresFault) -> [Relation] {
        let rows = try connection.query(
            """
            SELECT DISTINCT r.ev_class AS reader, d.refobjid AS source
            FROM pg_rewrite r
            JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
            ORDER BY 1, 2
            """)
        var sources: [UInt32: [UInt32]] = [:]
        for row in rows { sources[try row.integer("reader"), default: []].append(try row.integer("source")) }
        let views = relations.filter { $0.kind == .materializedView }
        let byOID = Dictionary(views.map { ($0.oid, $0) }) { first, _ in first }
        var visited: Set<UInt32> = [], order: [Relation] = []
        func visit(_ oid: UInt32) {
            guard visited.insert(oid).inserted else { return }
            sources[oid]?.forEach(visit)
            if let view = byOID[oid] { order.append(view) }
        }
        for view in views { visit(view.oid) }
        return order
    }
}
