import Postgres
import Synchronization

/// Lets PostgreSQL's own `amcheck` look through every B-tree index of the copy.
struct IndexCheck {
    /// Schema of the extension, which no backup has.
    private static let schema = "infisical_ops_drill_b7d0c1f4a9e2"
    private static let groupSize = 50

    let copy: RestoredCopy

    private struct Index {
        let oid: UInt32
        let name: String
    }

    /// - Returns: the damaged indexes, and why none was looked at where that is so, one sentence without full stop.
    func perform() throws -> (problems: [DrillProblem], note: String?) {
        guard let indexes = try install() else { return ([], "indexes were not checked: amcheck is not installed") }
        let groups = stride(from: 0, to: indexes.count, by: Self.groupSize).map {
            Array(indexes[$0..<min($0 + Self.groupSize, indexes.count)])
        }
        let problems = Mutex<[DrillProblem]>([])
        try copy.forEach(groups.count) { number, connection in
            let group = groups[number]
            if try Self.refusal(of: group, connection) == nil { return }
            // One of them: which, is asked of each.
            for index in group {
                guard let reason = try Self.refusal(of: [index], connection) else { continue }
                problems.withLock { $0.append(DrillProblem(.indexDamaged(reason: reason), index.name)) }
            }
        }
        return (problems.withLock { $0 }.sorted { $0.subject < $1.subject }, nil)
    }

    /// - Returns: all indexes that can be looked at; nil where the server does not have the extension.
    private func install() throws -> [Index]? {
        let superuser = try Connection.open(
            copy.superuser, role: "drill", use: .writing, effects: copy.effects, cancellation: copy.cancellation)
        defer { superuser.close() }
        let isThere = try superuser.query("SELECT FROM pg_available_extensions WHERE name = 'amcheck'").count > 0
        guard isThere else { return nil }
        try superuser.query("CREATE SCHEMA \(identifier: Self.schema)")
        try superuser.query("CREATE EXTENSION amcheck SCHEMA \(identifier: Self.schema)")
        let user = copy.endpoint.user
        try superuser.query("GRANT USAGE ON SCHEMA \(identifier: Self.schema) TO \(identifier: user)")
        try superuser.query(
            "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA \(identifier: Self.schema) TO \(identifier: user)")
        let rows = try superuser.query(
            """
            SELECT c.oid, n.nspname || '.' || c.relname AS name
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
                JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE a.amname = 'btree' AND c.relkind = 'i' AND i.indisvalid AND i.indisready
                AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', \(Self.schema)) ORDER BY 2
            """)
        return try rows.map { Index(oid: try $0.integer("oid"), name: try $0.string("name")) }
    }

    private static func refusal(of indexes: [Index], _ connection: Connection) throws -> String? {
        do {
            try connection.query(
                """
                SELECT \(identifier: schema).bt_index_check(o::regclass)
                FROM unnest(\(array: indexes.map { String($0.oid) })::oid[]) AS o
                """)
            return nil
        } catch {
            guard case .statementFailed(_, let reason, _) = error else { throw error }
            return reason
        }
    }
}
