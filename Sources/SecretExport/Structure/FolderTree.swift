import Faults
package import InfisicalTables

/// The folders of a project by environment and path.
///
/// They are found from the roots downwards, each once: folders that name each other as parents, or a parent that is gone,
/// or one in another environment, are reached by nobody, here as in Infisical.
package struct FolderTree: Sendable {
    private struct Address: Hashable {
        let environment: ExactText
        let path: ExactText

        init(_ environment: String, _ path: String) {
            self.environment = ExactText(environment)
            self.path = ExactText(path)
        }
    }

    private let byID: [RowID: Folder]
    private let byAddress: [Address: Folder]
    /// How many rows no root leads to.
    package let unreachable: Int

    /// - Parameters:
    ///   - environments: those that are looked at, by id; rows of others are left out.
    ///   - rows: in any order; of two that share environment and path the first is the one.
    package init(_ rows: [FolderRow], environments: [ProjectEnvironment]) {
        let slugs = Dictionary(environments.map { ($0.id, $0.slug) }) { first, _ in first }
        let wanted = rows.filter { slugs[$0.environment] != nil }
        let children = Dictionary(grouping: wanted.filter { $0.parent != nil }) { $0.parent }
        var byID: [RowID: Folder] = [:], byAddress: [Address: Folder] = [:]
        var open: [(row: FolderRow, path: String, isReserved: Bool)] = wanted.filter { $0.parent == nil }.reversed().map
        {
            ($0, FolderPath.root, false)
        }
        while let (row, path, isReserved) = open.popLast() {
            guard byID[row.id] == nil, let slug = slugs[row.environment] else { continue }
            let folder = Folder(
                id: row.id, environment: slug, path: path, isReserved: isReserved || row.isReserved)
            byID[row.id] = folder
            let address = Address(slug, path)
            if byAddress[address] == nil { byAddress[address] = folder }
            for child in (children[row.id] ?? []).reversed() where child.environment == row.environment {
                open.append((child, FolderPath.child(child.name, of: path), folder.isReserved))
            }
        }
        self.byID = byID
        self.byAddress = byAddress
        unreachable = wanted.count - byID.count
    }

    package subscript(id: RowID) -> Folder? { byID[id] }

    /// - Parameters:
    ///   - environment: the slug.
    ///   - path: in the form that `FolderPath.normalized` gives.
    package func folder(_ environment: String, _ path: String) -> Folder? {
        byAddress[Address(environment, path)]
    }

    /// The folders that people see in an environment, by path.
    package func visible(in environment: String) -> [Folder] {
        byAddress.values.filter { $0.environment.isExactly(environment) && !$0.isReserved }.sorted { $0.path < $1.path }
    }
}
