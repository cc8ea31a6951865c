package import InfisicalTables

/// A row of `secret_imports`: a folder that takes over the shared secrets of another one.
package struct SecretImport: Sendable, Equatable {
    package let id: String
    /// The importing folder.
    package let folder: RowID
    /// The environment it imports from, which may belong to another project.
    package let environment: RowID
    package let path: String
    package let position: Int64
    /// A replicated import copies its secrets into a reserved folder; its companion row imports from there, and is the one
    /// that counts.
    package let isReplication: Bool

    package init(
        id: String, folder: RowID, environment: RowID, path: String, position: Int64, isReplication: Bool = false
    ) {
        self.id = id
        self.folder = folder
        self.environment = environment
        self.path = path
        self.position = position
        self.isReplication = isReplication
    }
}
