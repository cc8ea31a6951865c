import InfisicalTables

/// Follows the imports of a folder.
struct ImportResolver {
    private let structure: ProjectStructure
    private let rules: ResolutionRules

    init(_ structure: ProjectStructure, _ rules: ResolutionRules) {
        self.structure = structure
        self.rules = rules
    }

    /// The imports in the order of their positions, and those that give nothing.
    func entries(of folder: Folder) -> (entries: [ImportEntry], dead: [DeadImport]) {
        var visited: Set<RowID> = [], entries: [ImportEntry] = [], dead: [DeadImport] = []
        var targets: [Folder] = []
        for item in items(of: folder) {
            guard let target = structure.target(of: item) else {
                dead.append(deadImport(item))
                continue
            }
            if !visited.insert(target.id).inserted, rules.dropsRepeats { continue }
            targets.append(target)
        }
        for target in targets {
            let origin = rules.showsOrigins ? structure.origin(of: target) : nil
            var parts = [ImportEntry.Part(folder: target, context: target)]
            switch rules.nesting {
            case .firstOfEach: followFirst(of: target, depth: 1, &visited, &parts)
            case .allOnce:
                for item in items(of: target) {
                    guard let deeper = structure.target(of: item), visited.insert(deeper.id).inserted else { continue }
                    parts.append(ImportEntry.Part(folder: deeper, context: target))
                }
            }
            entries.append(
                ImportEntry(
                    environment: origin?.environment ?? target.environment, path: origin?.path ?? target.path,
                    parts: parts))
        }
        return (entries, dead)
    }

    private func followFirst(
        of folder: Folder, depth: Int, _ visited: inout Set<RowID>, _ parts: inout [ImportEntry.Part]
    ) {
        guard depth <= ResolutionRules.importDepth, let item = items(of: folder).first,
            let deeper = structure.target(of: item), visited.insert(deeper.id).inserted
        else { return }
        parts.append(ImportEntry.Part(folder: deeper, context: deeper))
        followFirst(of: deeper, depth: depth + 1, &visited, &parts)
    }

    /// Without those that only say what is replicated: the row beside each names the copies.
    private func items(of folder: Folder) -> [SecretImport] {
        (structure.imports[folder.id] ?? []).filter { !$0.isReplication }
    }

    private func deadImport(_ item: SecretImport) -> DeadImport {
        if let slug = structure.slug(of: item.environment) {
            return .dangling(environment: slug, path: FolderPath.normalized(item.path))
        }
        if let deleted = structure.deletedEnvironments.first(where: { $0.id == item.environment }) {
            return .dangling(environment: deleted.slug, path: FolderPath.normalized(item.path))
        }
        return .otherProject(path: FolderPath.normalized(item.path))
    }
}
