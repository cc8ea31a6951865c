package import InfisicalData
package import InfisicalTables

/// Reads the secrets of one database for export: structure first, then only the rows of folders that count.
package struct SecretExporter {
    private let source: any TableSource
    private let keys: (KeyChain.Sealer) -> OpenedKeys.State
    private let reader: StructureReader
    private let era: Era

    /// - Parameter keys: what is known of the key that seals a value.
    package init(_ source: any TableSource, keys: @escaping (KeyChain.Sealer) -> OpenedKeys.State) {
        self.source = source
        self.keys = keys
        reader = StructureReader(source)
        era = Era.of(source.facts)
    }

    package func export(_ request: ExportRequest) throws -> Export {
        let project = try ProjectSelection.project(request.project, among: try reader.projects())
        let structure = try structure(of: project)
        let environment = try ProjectSelection.environment(request.environment, in: structure)
        let folders = try ProjectSelection.folders(
            request.path, isRecursive: request.isRecursive, in: environment, of: structure)
        let user = try request.user.map { email in
            guard let user = try reader.user(email) else { throw SecretExportFault.noUser(email: email) }
            return user
        }
        let secretReader = try SecretReader(source, project, keys: keys)
        let read = try self.read(
            folders, of: structure, secretReader, user: user, expands: request.expands,
            includesImports: request.includesImports)
        var secrets = read.flatMap { FolderMerge.merged($0, personalWins: user != nil, tags: request.tags) }
        if request.includesVersions { secrets = try withVersions(secrets, read, secretReader) }
        return Export(
            project: project, environment: environment, folders: folders, secrets: secrets,
            unopened: unopened(read), notes: try notes(read, structure))
    }

    /// Folders as the server lists them, all in one go.
    ///
    /// - Parameter user: whose personal values are read, and win in references.
    package func read(
        _ folders: [Folder], of structure: ProjectStructure, user: RowID? = nil, personalWins: Bool? = nil,
        expands: Bool = true, includesImports: Bool = true
    ) throws -> [ReadFolder] {
        try read(
            folders, of: structure, SecretReader(source, structure.project, keys: keys), user: user,
            personalWins: personalWins, expands: expands, includesImports: includesImports)
    }

    private func read(
        _ folders: [Folder], of structure: ProjectStructure, _ secretReader: SecretReader, user: RowID?,
        personalWins: Bool? = nil, expands: Bool, includesImports: Bool
    ) throws -> [ReadFolder] {
        let loaded = LoadedFolders()
        let folderReader = FolderReader(
            structure, ResolutionRules.of(era, structure.project), loaded, expands: expands,
            usesPersonal: personalWins ?? (user != nil), includesImports: includesImports)
        while true {
            let read = try folders.map { try folderReader.read($0) }
            if loaded.needed.isEmpty { return read }
            loaded.add(try secretReader.folders(loaded.needed, user: user))
        }
    }

    package func structure(of project: Project) throws -> ProjectStructure {
        try reader.structures(of: [project])[project.id]
            ?? ProjectStructure(project: project, environments: [], folders: [], imports: [])
    }

    private func withVersions(
        _ secrets: [ExportedSecret], _ read: [ReadFolder], _ reader: SecretReader
    ) throws -> [ExportedSecret] {
        let stored = read.flatMap { $0.own + $0.imports.flatMap(\.secrets) }.map(\.stored)
        let wanted = Set(secrets.map(\.id))
        let versions = try reader.versions(of: stored.filter { wanted.contains($0.id) })
        return secrets.map { secret in
            var secret = secret
            secret.versions = versions[secret.id] ?? []
            return secret
        }
    }

    private func unopened(_ read: [ReadFolder]) -> [(path: String, secret: UnopenedSecret)] {
        read.flatMap { folder in folder.stored.unopened.map { (folder.folder.path, $0) } }
    }

    private func notes(_ read: [ReadFolder], _ structure: ProjectStructure) throws -> [Export.Note] {
        var notes: [Export.Note] = [], others: [RowID: Int] = [:]
        for folder in read { others.merge(folder.stored.personalOfOthers, uniquingKeysWith: +) }
        if !others.isEmpty {
            let addresses = try reader.addresses(of: Set(others.keys))
            notes.append(
                .personalValues(
                    count: others.values.reduce(0, +),
                    users: others.keys.map { addresses[$0] ?? "a user who is gone" }.sorted()))
        }
        for folder in read {
            notes += folder.deadImports.map { .deadImport(folder: folder.folder.path, $0) }
            if folder.stored.outdated > 0 {
                notes.append(.outdatedRows(folder: folder.folder.path, count: folder.stored.outdated))
            }
        }
        if structure.folders.unreachable > 0 {
            notes.append(.unreachableFolders(count: structure.folders.unreachable))
        }
        if structure.project.isHalfUpgraded, let status = structure.project.upgradeStatus {
            notes.append(.halfUpgraded(project: structure.project.slug, status: status))
        }
        return notes
    }
}
