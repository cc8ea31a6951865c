package import InfisicalTables

/// A folder that can be reached from the root of its environment.
package struct Folder: Sendable, Equatable {
    package let id: RowID
    /// The environment's slug.
    package let environment: String
    package let path: String
    /// Whether it, or a folder above it, holds what replication copied: hidden from people, reachable for imports.
    package let isReserved: Bool
}

/// A row of `secret_folders`.
package struct FolderRow: Sendable {
    package let id: RowID
    package let name: String
    package let environment: RowID
    /// nil for the root of an environment.
    package let parent: RowID?
    package let isReserved: Bool

    package init(id: RowID, name: String, environment: RowID, parent: RowID?, isReserved: Bool = false) {
        self.id = id
        self.name = name
        self.environment = environment
        self.parent = parent
        self.isReserved = isReserved
    }
}
