package import InfisicalTables

/// An environment of a project.
package struct ProjectEnvironment: Sendable, Equatable {
    package let id: RowID
    package let slug: String
    package let name: String
    package let position: Int
    /// Whether it is deleted softly: Infisical hides it, and keeps it for two weeks.
    package let isDeleted: Bool

    package init(id: RowID, slug: String, name: String, position: Int, isDeleted: Bool = false) {
        self.id = id
        self.slug = slug
        self.name = name
        self.position = position
        self.isDeleted = isDeleted
    }
}
