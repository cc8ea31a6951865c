import InfisicalData
import Postgres

/// Picks a value of each column of a table for every organization, project or KMS key that a way leads to.
struct Sampling {
    let table: String
    private let columns: [String]
    private let path: CiphertextColumns.Path
    /// Of how many rows that have a value; nil: of all.
    private var limit: Int?

    init(_ table: String, _ columns: [String], _ path: CiphertextColumns.Path) {
        self.table = table
        self.columns = columns
        self.path = path
    }

    /// Of the first rows only that have a value in one of the columns.
    func limited(to rows: Int) -> Sampling {
        var sampling = self
        sampling.limit = rows
        return sampling
    }

    /// Columns: place (the table), name (the column), kind and owner (of the key), id (of the row), value (hex).
    var sql: String {
        var joins: [String] = [], last = "t"
        for (number, step) in path.steps.enumerated() {
            let next = "t\(number + 1)"
            joins.append(
                "JOIN \(Quoting.qualified("public", step.table)) AS \(next) "
                    + "ON \(next).id = \(last).\(Quoting.identifier(step.column))")
            last = next
        }
        let named = "\(last).\(Quoting.identifier(path.column))::text"
        let kind: String, owner: String
        switch path.end {
        case .organization: (kind, owner) = ("'organization'", named)
        case .project: (kind, owner) = ("'project'", named)
        case .projectOrOrganization:
            kind = "CASE WHEN \(named) IS NULL THEN 'organization' ELSE 'project' END"
            owner = "COALESCE(\(named), \(last).\"orgId\"::text)"
        case .certificateKey:
            joins.append("JOIN public.projects AS p ON p.id::text = \(named)")
            (kind, owner) = ("'kms'", "p.\"kmsCertificateKeyId\"::text")
        }
        return """
            SELECT DISTINCT ON (v.name, kind, owner) \(Quoting.literal(table))::text AS place, v.name AS name,
                \(kind)::text AS kind, \(owner) AS owner, t.id::text AS id, pg_catalog.encode(v.bytes, 'hex') AS value
            FROM \(rows) AS t \(joins.joined(separator: " "))
            CROSS JOIN LATERAL (VALUES \(Sampling.pairs(columns))) AS v(name, bytes)
            WHERE v.bytes IS NOT NULL AND \(owner) IS NOT NULL
            """
    }

    private var rows: String {
        let name = Quoting.qualified("public", table)
        guard let limit else { return name }
        let isFilled = columns.map { "\(Quoting.identifier($0)) IS NOT NULL" }.joined(separator: " OR ")
        return "(SELECT * FROM \(name) WHERE \(isFilled) LIMIT \(limit))"
    }

    /// Rows of a VALUES list: each column's name and value, of the table `t`.
    static func pairs(_ columns: [String]) -> String {
        columns.map { "(\(Quoting.literal($0))::text, t.\(Quoting.identifier($0)))" }.joined(separator: ", ")
    }
}
