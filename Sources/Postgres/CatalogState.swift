import Faults

/// What the system catalog says of everything that a backup's rows and schema rest on, to be compared later.
///
/// Locks keep tables as they are, and nothing else: a schema is renamed, a label of an enum, a composite type or a
/// function changed beside a backup without asking anybody. COPY and `pg_dump` look names, types and labels up as they
/// are *now*, whatever snapshot their transaction has, so a backup across such a change holds the rows of another schema
/// or labels that its own schema does not have. A row of the catalog that is still the same version (`xmin`) was never
/// changed in between, not even there and back.
package struct CatalogState: Sendable, Equatable {
    /// What is looked at; the words with which a change is told.
    enum Kind: String, Sendable, CaseIterable {
        case schema, relation, type, label = "enum", attribute = "composite type", function, collation
        case `operator`, domain = "domain constraint", `extension`
        case textSearch = "text search configuration"
    }

    struct Key: Hashable, Sendable {
        let kind: Kind
        let oid: UInt32
    }

    struct Entry: Hashable, Sendable {
        /// As people know it.
        let name: ExactText
        /// Whatever must be the same.
        let state: ExactText
    }

    private let entries: [Key: Entry]

    init(entries: [Key: Entry]) { self.entries = entries }

    /// Reads it as the transaction's snapshot has it; as it is now where there is none. One statement.
    package static func read(_ connection: Connection) throws(PostgresFault) -> CatalogState {
        var entries: [Key: Entry] = [:]
        for row in try connection.query(statement) {
            guard let kind = Kind(rawValue: try row.string("kind")) else {
                throw .unexpectedAnswer("an object of an unknown kind")
            }
            entries[Key(kind: kind, oid: try row.integer("oid"))] = Entry(
                name: ExactText(try row.string("name")), state: ExactText(try row.string("state")))
        }
        return CatalogState(entries: entries)
    }

    /// Names something that this state has and `later` has not, or has otherwise; nil where all of it is still there.
    /// What was made since does not count: the snapshot does not see it.
    package func change(in later: CatalogState) -> String? {
        let changed = entries.filter { later.entries[$0.key] != $0.value }
        // The cause first: a schema takes the names of all that is in it along. Always the same one of many.
        let places = Dictionary(uniqueKeysWithValues: zip(Kind.allCases, Kind.allCases.indices))
        guard
            let (key, entry) = changed.min(by: {
                (places[$0.key.kind] ?? 0, $0.value.name.text) < (places[$1.key.kind] ?? 0, $1.value.name.text)
            })
        else { return nil }
        let now = later.entries[key]
        let what = now == nil ? "was dropped" : now?.name == entry.name ? "was changed" : "was renamed"
        return "the \(key.kind.rawValue) \(entry.name.text) \(what)"
    }

    /// Of relations only what names them: rights, triggers and statistics change their rows all the time, and columns
    /// and files of tables are under the locks.
    private static let statement: SQL = """
        WITH schemas AS MATERIALIZED (
            SELECT oid, nspname, xmin FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
        )
        SELECT 'schema' AS kind, oid, nspname::text AS name, xmin::text AS state FROM schemas
        UNION ALL
        SELECT 'relation', c.oid, n.nspname || '.' || c.relname, c.relkind::text
        FROM pg_class c JOIN schemas n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'm', 'S', 'f', 'v') AND c.relpersistence <> 't'
        UNION ALL
        SELECT 'type', t.oid, n.nspname || '.' || t.typname, t.xmin::text
        FROM pg_type t JOIN schemas n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
        WHERE t.oid >= 16384 AND t.typcategory <> 'A' AND (c.oid IS NULL OR c.relkind = 'c')
        UNION ALL
        SELECT 'enum', e.oid, t.typname || ' (' || e.enumlabel || ')', e.xmin::text
        FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid WHERE e.enumtypid >= 16384
        UNION ALL
        SELECT 'composite type', c.oid, n.nspname || '.' || c.relname,
            string_agg(a.attnum || ' ' || a.attisdropped || ' ' || a.xmin, ',' ORDER BY a.attnum)
        FROM pg_class c JOIN schemas n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relkind = 'c' GROUP BY c.oid, n.nspname, c.relname
        UNION ALL
        SELECT 'function', p.oid, n.nspname || '.' || p.proname, p.xmin::text
        FROM pg_proc p JOIN schemas n ON n.oid = p.pronamespace WHERE p.oid >= 16384
        UNION ALL
        SELECT 'collation', l.oid, n.nspname || '.' || l.collname, l.xmin::text
        FROM pg_collation l JOIN schemas n ON n.oid = l.collnamespace WHERE l.oid >= 16384
        UNION ALL
        SELECT 'operator', o.oid, n.nspname || '.' || o.oprname, o.xmin::text
        FROM pg_operator o JOIN schemas n ON n.oid = o.oprnamespace WHERE o.oid >= 16384
        UNION ALL
        SELECT 'domain constraint', k.oid, k.conname::text, k.xmin::text
        FROM pg_type t JOIN pg_constraint k ON k.contypid = t.oid WHERE t.typtype = 'd' AND t.oid >= 16384
        UNION ALL
        SELECT 'extension', oid, extname::text, xmin::text FROM pg_extension WHERE oid >= 16384
        UNION ALL
        SELECT 'text search configuration', s.oid, n.nspname || '.' || s.cfgname, s.xmin::text
        FROM pg_ts_config s JOIN schemas n ON n.oid = s.cfgnamespace WHERE s.oid >= 16384
        """
}
