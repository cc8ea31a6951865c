import Faults

extension InstanceListing {
    /// How many levels of folders are listed one by one. Each is listed with its whole path, so that thousands of folders
    /// inside each other would make a list of many megabytes.
    private static let mostLevels = 12

    /// What is to be listed; nil takes all.
    package struct Selection: Sendable {
        /// An id, slug or name.
        package var project: String?
        /// A slug or name.
        package var environment: String?
        package var path: String?
        package init() {}
    }

    /// The part that is selected; what lies deep below it is counted with the folder that it lies below.
    ///
    /// - Throws: `SecretExportFault` with the nearest name where nothing fits.
    package func selected(_ selection: Selection) throws(SecretExportFault) -> InstanceListing {
        var chosen = projects
        if let name = selection.project {
            let project = try ProjectSelection.project(name, among: projects.map(\.project))
            chosen = chosen.filter { $0.project.id == project.id }
        }
        if let name = selection.environment { chosen = try InstanceListing.of(name, chosen) }
        let path = selection.path.map { FolderPath.normalized($0) }
        if let path { chosen = try InstanceListing.within(path, chosen) }
        return InstanceListing(
            projects: chosen.map { $0.mapFolders { InstanceListing.bounded($0, below: path ?? "/") } })
    }

    private static func of(_ name: String, _ projects: [Listed]) throws(SecretExportFault) -> [Listed] {
        let found = projects.compactMap { listed in
            listed.filtered { $0.slug == name || $0.name == name }
        }
        if found.isEmpty, let first = projects.first {
            // Of several projects each may have others.
            let slugs = projects.count == 1 ? first.environments.map(\.slug) : []
            throw .noEnvironment(
                name: name, project: projects.count == 1 ? first.project.slug : nil,
                nearest: NearestName.of(name, among: projects.flatMap { $0.environments.map(\.slug) }), known: slugs)
        }
        return found
    }

    private static func within(_ path: String, _ projects: [Listed]) throws(SecretExportFault) -> [Listed] {
        let found = projects.compactMap { listed in
            listed.mapFolders { $0.filter { FolderPath.isWithin($0.path, path) } }.filtered { !$0.folders.isEmpty }
        }
        if found.isEmpty, let first = projects.first?.environments.first {
            throw .noFolder(
                path: path, environment: first.slug,
                nearest: NearestName.of(path, among: first.folders.map(\.path).filter { $0.utf8.count < 256 }))
        }
        return found
    }

    /// - Parameter folders: sorted so that a folder comes before those below it.
    private static func bounded(_ folders: [Folder], below path: String) -> [Folder] {
        let most = level(path) + mostLevels
        var kept: [Folder] = [], places: [Substring: Int] = [:]
        for folder in folders {
            guard level(folder.path) > most else {
                if level(folder.path) == most { places[folder.path[...]] = kept.count }
                kept.append(folder)
                continue
            }
            guard let place = places[head(folder.path, levels: most)] else {
                kept.append(folder)
                continue
            }
            kept[place].below.folders += 1
            kept[place].below.secrets += folder.shared + folder.personal
        }
        return kept
    }

    /// 0 for the root, 1 for `/a`.
    private static func level(_ path: String) -> Int { path == "/" ? 0 : path.utf8.count { $0 == UInt8(ascii: "/") } }

    /// The path of the folder so many levels below the root.
    private static func head(_ path: String, levels: Int) -> Substring {
        var seen = 0
        let end = path.utf8.firstIndex { byte in
            if byte == UInt8(ascii: "/") { seen += 1 }
            return seen > levels
        }
        return path[..<(end ?? path.endIndex)]
    }
}

extension InstanceListing.Listed {
    fileprivate func mapFolders(_ body: ([InstanceListing.Folder]) -> [InstanceListing.Folder]) -> Self {
        InstanceListing.Listed(
            project: project,
            environments: environments.map {
                InstanceListing.Environment(slug: $0.slug, name: $0.name, folders: body($0.folders))
            })
    }

    /// The same with some of its environments; nil where none is left.
    fileprivate func filtered(_ isWanted: (InstanceListing.Environment) -> Bool) -> Self? {
        let wanted = environments.filter(isWanted)
        return wanted.isEmpty ? nil : InstanceListing.Listed(project: project, environments: wanted)
    }
}
