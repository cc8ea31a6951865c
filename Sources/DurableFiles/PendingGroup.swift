/// Many pending files that are made durable together: all are written to disk before the first gets its final name.
///
/// A wait for the disk costs milliseconds whatever its size; beginning the write-back of each file as it is added and
/// waiting for a group of them costs little more than waiting for one. Belongs to one thread. Each file holds a
/// descriptor until `commit`, so groups stay below a few hundred.
package final class PendingGroup {
    private final class Member {
        // Optional only because a noncopyable value can be moved out of a class no other way.
        private var file: PendingFile?
        let final: String

        init(_ file: consuming PendingFile, final: String) {
            self.file = consume file
            self.final = final
        }

        func sync() throws(FileFault) {
            try file?.sync()
            file?.forget()
        }

        func putInPlace(existing: Files.Existing) throws(FileFault) {
            try file.take()?.rename(to: final, existing: existing)
        }
    }

    private let files: Files
    private var members: [Member] = []
    private var folders: Set<String> = []
    /// Bytes in the files that wait for `commit`.
    package private(set) var size = 0

    package init(files: Files) { self.files = files }

    /// Number of files that wait for `commit`.
    package var count: Int { members.count }

    /// Writes a file under a temporary name in the folder of its final one.
    package func add(_ bytes: UnsafeRawBufferPointer, as path: String, mode: UInt32 = 0o600) throws(FileFault) {
        var file = try files.createPending(inFolder: Files.parent(of: path), mode: mode)
        try file.write(bytes)
        add(file, as: path)
    }

    /// Takes a file that the caller has written.
    package func add(_ file: consuming PendingFile, as path: String) {
        file.startWriteback()
        size += file.size
        members.append(Member(file, final: path))
    }

    /// Waits until all files are on disk, takes them out of the system's cache, and gives each its final name. The names are durable after `syncFolders`.
    ///
    /// On failure the files without a final name are removed; those that have one are whole.
    package func commit(existing: Files.Existing = .replace) throws(FileFault) {
        let group = members
        discard()
        for member in group { try member.sync() }
        for member in group {
            try member.putInPlace(existing: existing)
            folders.insert(Files.parent(of: member.final))
        }
    }

    /// Makes the names given by all calls of `commit` so far durable.
    package func syncFolders() throws(FileFault) {
        for folder in folders.sorted() {
            try files.syncFolder(folder)
            folders.remove(folder)
        }
    }

    /// Removes the files that wait for `commit`.
    package func discard() {
        members = []
        size = 0
    }
}
