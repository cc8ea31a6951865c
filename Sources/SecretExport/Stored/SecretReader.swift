import CopyFormat
package import InfisicalData
package import InfisicalTables

/// Reads and opens the secrets of one project, those of wanted folders only (format specification, sections 5.1, 5.2, 6).
package struct SecretReader {
    private let source: any TableSource
    private let project: Project
    private let opener: ValueOpener
    private let tags: TagReader
    private let places = FolderPlaces()

    /// - Parameter keys: what is known of the key that seals a value.
    package init(
        _ source: any TableSource, _ project: Project, keys: (KeyChain.Sealer) -> OpenedKeys.State
    ) throws(SecretExportFault) {
        self.source = source
        self.project = project
        opener = try ValueOpener(keys(project.storage == .kms ? .project(project.id) : .legacyProject(project.id)))
        tags = TagReader(source, project)
    }

    /// Reads the folders in one pass over the table; rows of others are not opened. The first pass reads all parts of the
    /// table, the next ones those with rows of the folders.
    ///
    /// - Parameter user: whose personal values are read; those of others are counted.
    /// - Throws: `SecretExportFault.keyClosed` and its like as soon as there is a value to open.
    package func folders(_ wanted: Set<RowID>, user: RowID?) throws -> [RowID: StoredFolder] {
        var found = Dictionary(uniqueKeysWithValues: wanted.map { ($0, StoredFolder()) })
        if wanted.isEmpty { return found }
        let reader = try SecretRowReader(source.facts, project.storage, opener)
        let table = reader.columns.table
        for part in places.parts(of: wanted, among: source.parts(of: table)) {
            try source.read(table, reader.columns.names, part: part) { (row) throws(CopyFault) in
                guard let head = try reader.head(row), let folder = head.folder else { return }
                places.note(folder, in: part)
                guard wanted.contains(folder) else { return }
                if head.type == .personal {
                    // Nobody's is nobody's to see.
                    guard let owner = head.user else { return }
                    guard owner == user else {
                        found[folder]?.personalOfOthers[owner, default: 0] += 1
                        return
                    }
                }
                if let secret = try reader.secret(head, in: folder, row) {
                    found[folder]?.add(secret)
                } else {
                    let name = try reader.name(row)
                    found[folder]?.unopened.append(UnopenedSecret(id: head.id, folder: folder, key: name))
                }
            }
        }
        places.finish()
        try opener.check(project)
        let slugs = try tags.slugs(of: found.values.flatMap { $0.all.map(\.id) })
        if !slugs.isEmpty { for folder in wanted { found[folder]?.setTags(slugs) } }
        return found
    }

    /// Every value that secrets had and have, by the secret's id, from the first version on.
    package func versions(of secrets: [StoredSecret]) throws -> [String: [SecretVersion]] {
        let wanted = Dictionary(secrets.map { (RowID($0.id), $0.id) }) { first, _ in first }
        if wanted.isEmpty { return [:] }
        let reader = try SecretRowReader(source.facts, project.storage, isVersions: true, opener)
        let columns = reader.columns
        var found: [String: [SecretVersion]] = [:]
        try source.read(columns.table, columns.names) { (row) throws(CopyFault) in
            guard let secret = columns.id("secretId", row), let id = wanted[secret] else { return }
            found[id, default: []].append(
                SecretVersion(
                    version: try Int(clamping: columns.integer("version", row) ?? 1),
                    value: try reader.value(row), isRedacted: try columns.boolean("isRedacted", row) ?? false,
                    createdAt: try columns.timestamp("createdAt", row)))
        }
        try opener.check(project)
        return found.mapValues { $0.sorted { ($0.version, $0.createdAt ?? 0) < ($1.version, $1.createdAt ?? 0) } }
    }
}
