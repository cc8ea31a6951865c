/// What is to be exported.
package struct ExportRequest: Sendable {
    /// A project's id, slug or name.
    package var project: String
    package var environment: String
    package var path: String
    /// With the folders below.
    package var isRecursive: Bool
    /// The address of the user whose personal values win over the shared ones; nil for shared values only.
    package var user: String?
    package var expands: Bool
    package var includesImports: Bool
    /// Only secrets with one of these tags, if there are any; imported secrets have none.
    package var tags: [String]
    /// With the values before the present one.
    package var includesVersions: Bool

    package init(
        project: String, environment: String, path: String = "/", isRecursive: Bool = false, user: String? = nil,
        expands: Bool = true, includesImports: Bool = true, tags: [String] = [], includesVersions: Bool = false
    ) {
        self.project = project
        self.environment = environment
        self.path = path
        self.isRecursive = isRecursive
        self.user = user
        self.expands = expands
        self.includesImports = includesImports
        self.tags = tags
        self.includesVersions = includesVersions
    }
}
