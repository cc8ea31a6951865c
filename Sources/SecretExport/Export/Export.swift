/// What came out of an export, and what a person must know about it.
package struct Export: Sendable {
    /// Something about an export that is no failure.
    package enum Note: Sendable, Equatable {
        /// Personal values of others in the exported folders: how many, and whose.
        case personalValues(count: Int, users: [String])
        /// An import that gives nothing.
        case deadImport(folder: String, DeadImport)
        /// Rows that a younger one of the same name replaces.
        case outdatedRows(folder: String, count: Int)
        /// Folders that no root leads to, with whatever is in them.
        case unreachableFolders(count: Int)
        /// An upgrade of the project to version 3 stopped halfway.
        case halfUpgraded(project: String, status: String)
    }

    package let project: Project
    package let environment: ProjectEnvironment
    package let folders: [Folder]
    /// By folder, then by name.
    package internal(set) var secrets: [ExportedSecret]
    /// Secrets that no key at hand opens, with the folder's path: they are missing in what is written.
    package let unopened: [(path: String, secret: UnopenedSecret)]
    package let notes: [Note]
}
