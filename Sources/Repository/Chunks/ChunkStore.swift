package import DurableFiles

/// The folder of chunks of one repository.
package struct ChunkStore: Sendable {
    package let layout: RepositoryLayout
    package let files: Files

    package init(layout: RepositoryLayout, files: Files) {
        self.layout = layout
        self.files = files
    }

    /// Makes the folder of every possible first byte, so that writers only ever rename into existing folders.
    package func prepare() throws {
        let found = try StoredFile.list(layout.chunks, layout, files)
        let present = Set(found.map(\.name))
        let all = (0...255).map { byte in
            let digits = String(byte, radix: 16)
            return (digits.count == 1 ? "0" : "") + digits
        }
        let links = Set(found.filter { $0.kind == .symbolicLink }.map(\.name))
        if let link = all.first(where: links.contains) {
            throw FileFault.linkInside(path: layout.chunks + "/" + link, folder: layout.root)
        }
        let missing = all.filter { !present.contains($0) }
        if !missing.isEmpty { try files.createFolders(missing, in: layout.chunks) }
    }

    /// Refuses where a chunk is gone, or of another size than any on record; its content is not read.
    ///
    /// - Parameter accepted: every record of the chunk in a signed manifest.
    /// - Throws: `RepositoryFault.chunk` with the damage.
    package func requirePresent(_ name: ChunkName, accepted: Set<ChunkRecord>) throws {
        guard let status = try files.status(layout.chunk(name)) else {
            throw RepositoryFault.chunk(name, damage: .missing)
        }
        guard status.kind == .file else { throw RepositoryFault.chunk(name, damage: .notAFile) }
        if accepted.contains(where: { $0.bytes == status.size }) { return }
        throw RepositoryFault.chunk(
            name,
            damage: status.size == 0
                ? .empty : .wrongSize(found: status.size, expected: accepted.map(\.bytes).max() ?? 0))
    }

    /// Everything found in `chunks/`: the chunks by name with their sizes, and what does not belong there.
    package func scan() throws -> Contents {
        var contents = Contents()
        for folder in try StoredFile.list(layout.chunks, layout, files) {
            let path = layout.chunks + "/" + folder.name
            guard folder.kind == .folder, folder.name.utf8.count == 2 else {
                contents.strangers.append(layout.relative(path))
                continue
            }
            for entry in try StoredFile.list(path, layout, files) {
                if entry.kind == .file, let name = ChunkName(fileName: entry.name), name.hex.hasPrefix(folder.name) {
                    contents.chunks.insert(name)
                } else {
                    contents.strangers.append(layout.relative(path + "/" + entry.name))
                }
            }
        }
        return contents
    }

    /// What a scan found.
    package struct Contents: Sendable {
        package var chunks: Set<ChunkName> = []
        /// Paths, relative to the repository, of what is neither a chunk nor a chunk folder.
        package var strangers: [String] = []
    }
}
