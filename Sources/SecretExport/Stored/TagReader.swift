import CopyFormat
import InfisicalData
import InfisicalTables

/// Reads which tags secrets have.
struct TagReader {
    private let source: any TableSource
    private let project: Project

    init(_ source: any TableSource, _ project: Project) {
        self.source = source
        self.project = project
    }

    /// The slugs by secret, sorted.
    func slugs(of secrets: [String]) throws -> [String: [String]] {
        let (junction, secret) =
            switch project.storage {
            case .kms: ("secret_v2_tag_junction", "secrets_v2Id")
            case .legacy: ("secret_tag_junction", "secretsId")
            }
        guard !secrets.isEmpty, source.facts.has(junction, all: [secret, "secret_tagsId"]),
            source.facts.has("secret_tags", all: ["id", "slug"])
        else { return [:] }
        let names = try slugs()
        if names.isEmpty { return [:] }
        let wanted = Dictionary(secrets.map { (RowID($0), $0) }) { first, _ in first }
        let columns = try TableColumns(source.facts, junction, needed: [secret, "secret_tagsId"])
        var found: [String: [String]] = [:]
        try source.read(columns.table, columns.names) { (row) throws(CopyFault) in
            guard let id = columns.id(secret, row), let owner = wanted[id], let tag = columns.id("secret_tagsId", row),
                let slug = names[tag]
            else { return }
            found[owner, default: []].append(slug)
        }
        return found.mapValues { $0.sorted() }
    }

    private func slugs() throws -> [RowID: String] {
        let columns = try TableColumns(source.facts, "secret_tags", needed: ["id", "slug"])
        var names: [RowID: String] = [:]
        try source.read(columns.table, columns.names) { (row) throws(CopyFault) in
            if let id = columns.id("id", row) { names[id] = try row.text(columns["slug"]) }
        }
        return names
    }
}
