import Postgres
import Restoring

/// Whether everything that follows the rows was rebuilt: constraints, indexes, and what they say of the rows.
struct ConstraintCheck {
    let copy: RestoredCopy
    let losses: [ObjectLoss]
    /// What the backup says of the schema; nil for an archive of a `pg_dump` that is newer than this program.
    let contents: ArchiveContents?

    func perform() throws -> [DrillProblem] {
        let connection = try copy.open("drill")
        defer { connection.close() }
        return notRebuilt + (try notValidated(connection)) + (try invalid(connection))
    }

    /// What the rows themselves refuse: of the scratch server no more is asked than of any other.
    private var notRebuilt: [DrillProblem] {
        losses.filter { loss in
            (loss.kind.contains("index") || loss.kind.contains("constraint")) && !Self.isOfServer(loss.sqlState)
        }.map { DrillProblem(.notRebuilt(reason: $0.reason), $0.name) }
    }

    /// Whether a refusal is about what the server has, lacks or allows: names, features, files.
    private static func isOfServer(_ sqlState: String) -> Bool {
        ["0A", "3D", "3F", "42", "55", "58"].contains { sqlState.hasPrefix($0) }
    }

    private func notValidated(_ connection: Connection) throws -> [DrillProblem] {
        guard let contents else { return [] }
        // Those that the source has not validated either, by the names that the archive gives them.
        let expected = Set(
            contents.entries.filter(Self.isNotValid).map { "\($0.schema ?? "").\($0.name ?? "")" })
        let rows = try connection.query(
            """
            SELECT n.nspname || '.' || coalesce(r.relname, t.typname) || ' ' || c.conname AS name
            FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
                LEFT JOIN pg_class r ON r.oid = c.conrelid LEFT JOIN pg_type t ON t.oid = c.contypid
            WHERE NOT c.convalidated AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1
            """)
        return try rows.map { try $0.string("name") }.filter { !expected.contains($0) }.map {
            DrillProblem(.notValidated, $0)
        }
    }

    private static func isNotValid(_ entry: ArchiveContents.Entry) -> Bool {
        guard entry.description.hasSuffix("CONSTRAINT") else { return false }
        let text = String(decoding: entry.definition.suffix(32), as: UTF8.self)
        return text.filter { !$0.isWhitespace }.hasSuffix("NOTVALID;")
    }

    /// An index of a partitioned table is valid only with one of every partition: what the source lacked, it lacks here.
    private func invalid(_ connection: Connection) throws -> [DrillProblem] {
        let rows = try connection.query(
            """
            SELECT n.nspname || '.' || c.relname AS name
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE NOT (i.indisvalid AND i.indisready AND i.indislive) AND c.relkind <> 'I'
                AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1
            """)
        return try rows.map { DrillProblem(.indexInvalid, try $0.string("name")) }
    }
}
