import Faults
package import InfisicalTables

/// What a project consists of, without any secret: environments, folders, imports.
package struct ProjectStructure: Sendable {
    package let project: Project
    /// By position; without those that are deleted.
    package let environments: [ProjectEnvironment]
    /// Environments that Infisical hides because they are deleted softly.
    package let deletedEnvironments: [ProjectEnvironment]
    package let folders: FolderTree
    /// By importing folder, in the order of their positions.
    package let imports: [RowID: [SecretImport]]
    private let slugs: [RowID: String]
    private let importsByID: [String: SecretImport]

    package init(
        project: Project, environments: [ProjectEnvironment], folders: [FolderRow], imports: [SecretImport]
    ) {
        self.project = project
        let sorted = environments.sorted { ($0.position, $0.slug) < ($1.position, $1.slug) }
        let live = sorted.filter { !$0.isDeleted }
        self.environments = live
        deletedEnvironments = sorted.filter(\.isDeleted)
        let tree = FolderTree(folders, environments: live)
        self.folders = tree
        slugs = Dictionary(live.map { ($0.id, $0.slug) }) { first, _ in first }
        let own = imports.filter { tree[$0.folder] != nil }
        self.imports = Dictionary(grouping: own) { $0.folder }.mapValues {
            $0.sorted { ($0.position, $0.id) < ($1.position, $1.id) }
        }
        importsByID = Dictionary(own.map { ($0.id, $0) }) { first, _ in first }
    }

    package func environment(_ slug: String) -> ProjectEnvironment? { environments.first { $0.slug.isExactly(slug) } }

    /// The slug of an environment of this project that is not deleted.
    func slug(of environment: RowID) -> String? { slugs[environment] }

    /// The folder that an import names; nil where it is gone, or belongs to another project.
    func target(of item: SecretImport) -> Folder? {
        slugs[item.environment].flatMap { folders.folder($0, FolderPath.normalized(item.path)) }
    }

    /// Where the secrets in a folder that replication filled come from; nil for any other folder.
    func origin(of folder: Folder) -> (environment: String, path: String)? {
        guard folder.isReserved, let name = FolderPath.names(folder.path).last,
            name.hasPrefix(ProjectStructure.reservedPrefix),
            let item = importsByID[String(name.dropFirst(ProjectStructure.reservedPrefix.count))],
            let slug = slugs[item.environment]
        else { return nil }
        return (slug, FolderPath.normalized(item.path))
    }

    private static let reservedPrefix = "__reserve_replication_"
}
