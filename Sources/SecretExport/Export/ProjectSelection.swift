import Faults

/// Finds what people name: a project by id, slug or name, an environment by slug or name, a folder by path.
package enum ProjectSelection {
    /// - Throws: `SecretExportFault` with the nearest name where nothing fits.
    package static func project(_ name: String, among all: [Project]) throws(SecretExportFault) -> Project {
        if let found = all.first(where: { $0.id == name }) { return try usable(found, name) }
        let live = all.filter { $0.holdsSecrets && !$0.isDeleted }
        // One project's slug may be another one's name: which is meant nobody can know.
        let found = live.filter { $0.slug == name || $0.name == name }
        if found.count > 1 {
            throw .ambiguousProject(
                name: name, candidates: found.map { "\($0.id) (slug \"\($0.slug)\", name \"\($0.name)\")" })
        }
        if let only = found.first { return only }
        if let hidden = all.first(where: { $0.slug == name || $0.name == name }) { return try usable(hidden, name) }
        throw .noProject(
            name: name, nearest: NearestName.of(name, among: live.flatMap { [$0.slug, $0.name] }),
            known: live.map(\.slug))
    }

    private static func usable(_ project: Project, _ name: String) throws(SecretExportFault) -> Project {
        if project.isDeleted { throw .deletedProject(name: name) }
        if !project.holdsSecrets, let type = project.type { throw .otherProject(name: name, type: type) }
        return project
    }

    package static func environment(
        _ name: String, in structure: ProjectStructure
    ) throws(SecretExportFault) -> ProjectEnvironment {
        if let found = structure.environment(name) { return found }
        let byName = structure.environments.filter { $0.name == name }
        if byName.count == 1, let only = byName.first { return only }
        let project = structure.project.slug
        if structure.deletedEnvironments.contains(where: { $0.slug == name || $0.name == name }) {
            throw .deletedEnvironment(name: name, project: project)
        }
        let slugs = structure.environments.map(\.slug)
        throw .noEnvironment(
            name: name, project: project, nearest: NearestName.of(name, among: slugs), known: slugs)
    }

    /// The folder, and with `isRecursive` those below it, by path. Folders that replication filled are nobody's to export.
    package static func folders(
        _ path: String, isRecursive: Bool, in environment: ProjectEnvironment, of structure: ProjectStructure
    ) throws(SecretExportFault) -> [Folder] {
        let wanted = FolderPath.normalized(path), visible = structure.folders.visible(in: environment.slug)
        guard let folder = visible.first(where: { $0.path.isExactly(wanted) }) else {
            throw .noFolder(
                path: wanted, environment: environment.slug,
                nearest: NearestName.of(wanted, among: visible.map(\.path)))
        }
        return isRecursive ? visible.filter { FolderPath.isWithin($0.path, wanted) } : [folder]
    }
}
