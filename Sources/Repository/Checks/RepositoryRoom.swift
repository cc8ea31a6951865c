package import DurableFiles
import Effects
import Faults
import Glibc

/// Whether the next backup can be stored, as far as the repository's folders and its disk tell.
package struct RepositoryRoom: Sendable {
    /// Less than this holds no manifest; in bytes.
    private static let least = 16 << 10
    /// What a backup may need that changes little; in bytes.
    private static let usual = 16 << 20

    /// On the repository's disk, in bytes.
    package let freeBytes: Int
    /// What would end a backup; nil where nothing does.
    package let obstacle: FileFault?
    /// That the room may not suffice; a sentence without full stop.
    package let warning: String?

    /// - Parameters:
    ///   - last: the newest backup; nil without one.
    ///   - size: what the first one reads before compression, in bytes; nil where that is not known.
    package init(_ repository: Repository, last: Manifest?, size: Int? = nil) throws {
        let files = repository.files, root = repository.layout.root
        let free = try files.freeSpace(at: root).available,
            needed = last.map { max($0.added.bytes, RepositoryRoom.usual) }
        freeBytes = free
        // A backup adds its manifest, whatever else it finds to be there.
        let manifest = try last.flatMap { try files.status(repository.layout.manifest($0.id))?.size }
        obstacle =
            RepositoryRoom.obstacle(repository.layout.foldersOfBackups, files)
            ?? (free < max(manifest ?? 0, RepositoryRoom.least) ? .failed(.write, path: root, Errno(ENOSPC)) : nil)
        guard obstacle == nil, let needed = needed ?? size, free < needed else {
            warning = nil
            return
        }
        warning =
            "the repository's disk has only \(free >> 20) MiB left; "
            + (last.map { "the last backup added \($0.added.bytes >> 20) MiB" }
                ?? "the database takes \(needed >> 20) MiB before compression")
    }

    private static func obstacle(_ folders: [String], _ files: Files) -> FileFault? {
        do throws(FileFault) { for folder in folders { try files.requireWritable(folder) } } catch { return error }
        return nil
    }
}
