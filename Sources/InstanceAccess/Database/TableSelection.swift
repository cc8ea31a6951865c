import Faults
package import Postgres
package import Repository
import Restoring

/// Finds the tables whose rows somebody asked for by name.
package struct TableSelection {
    package typealias Table = Manifest.Database.Table

    private let database: Manifest.Database
    private let backup: String
    private let archive: () throws -> ArchiveContents

    /// - Parameters:
    ///   - backup: its id.
    ///   - archive: reads that of the schema, which knows the partitions of a table that has no rows of its own.
    package init(database: Manifest.Database, backup: String, archive: @escaping () throws -> ArchiveContents) {
        self.database = database
        self.backup = backup
        self.archive = archive
    }

    /// - Parameter names: `name` or `schema.name`; a partitioned table stands for all its partitions; none for all tables.
    /// - Returns: each table once.
    package func tables(_ names: [String]) throws -> [Table] {
        if names.isEmpty { return database.tables }
        var chosen: [Table] = [], contents: ArchiveContents?
        for name in names {
            var matches = database.tables.filter { $0.displayName.isExactly(name) || $0.name.isExactly(name) }
            if matches.isEmpty {
                let known = try contents ?? archive()
                contents = known
                matches = try partitions(of: name, known)
            } else if matches.count > 1 {
                throw RestoreFault.ambiguousTable(name, candidates: matches.map(\.displayName))
            }
            for match in matches where !chosen.contains(where: { $0.displayName.isExactly(match.displayName) }) {
                chosen.append(match)
            }
        }
        return chosen
    }

    private func partitions(of name: String, _ contents: ArchiveContents) throws -> [Table] {
        let held = Dictionary(database.tables.map { (ExactText.name($0.schema, $0.name), $0) }) { first, _ in first }
        // Those of the archive that have no rows of their own.
        let parents = contents.tables.filter {
            held[ExactText.name($0.schema, $0.name)] == nil
                && ($0.name.isExactly(name) || "\($0.schema).\($0.name)".isExactly(name))
        }
        guard let parent = parents.first else {
            let names = database.tables.map(\.name) + contents.tables.map(\.name)
            throw RestoreFault.noSuchTable(name, nearest: NearestName.of(name, among: names), backup: backup)
        }
        if parents.count > 1 {
            throw RestoreFault.ambiguousTable(name, candidates: parents.map { "\($0.schema).\($0.name)" })
        }
        let entries = contents.partitions(schema: parent.schema, name: parent.name)
        return entries.compactMap { entry in held[ExactText.name(entry.schema ?? "", entry.name ?? "")] }
            .sorted { $0.displayName < $1.displayName }
    }
}
