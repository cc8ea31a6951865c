import Faults
import InfisicalTables
import Secrets

/// Reads a folder as the server lists it: own secrets, imports, references.
struct FolderReader {
    private let structure: ProjectStructure
    private let rules: ResolutionRules
    private let folders: LoadedFolders
    private let expands: Bool
    private let usesPersonal: Bool
    private let includesImports: Bool

    init(
        _ structure: ProjectStructure, _ rules: ResolutionRules, _ folders: LoadedFolders, expands: Bool,
        usesPersonal: Bool, includesImports: Bool
    ) {
        self.structure = structure
        self.rules = rules
        self.folders = folders
        self.expands = expands
        self.usesPersonal = usesPersonal
        self.includesImports = includesImports
    }

    func read(_ folder: Folder) throws(SecretExportFault) -> ReadFolder {
        let stored = folders.secrets(of: folder)
        let resolver = ImportResolver(structure, rules)
        // References are resolved through imports even where those are not listed.
        let (entries, dead) = resolver.entries(of: folder)
        let needsImports = includesImports || expands && rules.readsThroughImports
        let imported = needsImports ? entries.map(targets) : []
        let listed = includesImports ? imported : []
        if rules.isLegacy || !expands {
            var own = stored.all.map { ReadSecret(stored: $0, value: $0.value) }
            if expands {
                var expander = LegacyExpander(structure, rules, folders, folder, usesPersonal: usesPersonal)
                own = try expander.expanded()
            }
            return readFolder(folder, stored, own, dead, entries, listed.map { targets in targets.map(raw) })
        }
        var expander = ReferenceExpander(
            structure, rules, folders, usesPersonal: usesPersonal,
            listing: rules.readsThroughImports ? listing(folder, stored, imported) : [:])
        var own: [ReadSecret] = []
        for secret in stored.all {
            own.append(
                ReadSecret(
                    stored: secret,
                    value: try expander.expanded(.init(secret: secret, context: folder, isListed: true))))
        }
        var imports: [[ReadSecret]] = []
        for targets in listed {
            var secrets: [ReadSecret] = []
            for target in targets {
                secrets.append(ReadSecret(stored: target.secret, value: try expander.expanded(target)))
            }
            imports.append(secrets)
        }
        return readFolder(folder, stored, own, dead, entries, imports)
    }

    private func readFolder(
        _ folder: Folder, _ stored: StoredFolder, _ own: [ReadSecret], _ dead: [DeadImport], _ entries: [ImportEntry],
        _ imports: [[ReadSecret]]
    ) -> ReadFolder {
        ReadFolder(
            folder: folder, own: own,
            imports: zip(entries, imports).map {
                ReadImport(environment: $0.environment, path: $0.path, secrets: $1)
            }, deadImports: dead, stored: stored)
    }

    private func raw(_ target: ReferenceExpander.Target) -> ReadSecret {
        ReadSecret(stored: target.secret, value: target.secret.value)
    }

    /// The shared secrets that come through an import, each name once: nearer folders win.
    private func targets(_ entry: ImportEntry) -> [ReferenceExpander.Target] {
        var seen: Set<ExactText> = [], found: [ReferenceExpander.Target] = []
        for part in entry.parts {
            for secret in folders.secrets(of: part.folder).all
            where secret.type == .shared && seen.insert(ExactText(secret.key)).inserted {
                found.append(.init(secret: secret, context: part.context, isListed: true))
            }
        }
        return found
    }

    /// What a name stands for in the whole listing: own secrets win, then the import with the highest position.
    private func listing(
        _ folder: Folder, _ stored: StoredFolder, _ imported: [[ReferenceExpander.Target]]
    ) -> [ExactText: ReferenceExpander.Target] {
        var listing: [ExactText: ReferenceExpander.Target] = [:]
        for targets in imported { for target in targets { listing[ExactText(target.secret.key)] = target } }
        for secret in stored.all where secret.type == .shared || usesPersonal {
            // A personal one is seen before the shared one of its name, or replaces it.
            if secret.type == .shared, usesPersonal, stored.hasPersonal(secret.key) { continue }
            listing[ExactText(secret.key)] = .init(secret: secret, context: folder, isListed: true)
        }
        return listing
    }
}
