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
        for byte in 0...255 {
            let digits = String(byte, radix: 16)
            try files.createFolder(layout.chunks + "/" + (digits.count == 1 ? "0" : "") + digits)
        }
    }

    /// Everything found in `chunks/`: the chunks by name with their sizes, and what does not belong there.
    package func scan() throws -> Contents {
        var contents = Contents()
        for folder in try files.list(layout.chunks) {
            let path = layout.chunks + "/" + folder.name
            guard folder.kind == .folder, folder.name.utf8.count == 2 else {
                contents.strangers.append(layout.relative(path))
                continue
            }
            for entry in try files.list(path) {
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
