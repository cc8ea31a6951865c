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
        let free = try files.freeSpace(at: root).available
        freeBytes = free
        // A backup adds its manifest, whatever else it finds to be there.
        let manifest = try last.flatMap { try files.status(repository.layout.manifest($0.id))?.size }
        obstacle =
            RepositoryRoom.obstacle(repository.layout.foldersOfBackups, files)
            ?? (free < max(manifest ?? 0, RepositoryRoom.least) ? .failed(.write, path: root, Errno(ENOSPC)) : nil)
        // What a full disk lacks is told beside that it is full.
        let isFull = obstacle.map { $0.errno?.code == ENOSPC } ?? true
        warning = isFull ? RepositoryRoom.warning(free: free, added: last?.added.bytes, size: size) : nil
    }

    /// That this room may not suffice, as a sentence without full stop; nil where it does, as far as anybody knows.
    ///
    /// - Parameters:
    ///   - free: in bytes, as the others.
    ///   - added: by the last backup; nil without one.
    ///   - size: what the first one reads before compression; nil where that is not known.
    package static func warning(free: Int, added: Int?, size: Int?) -> String? {
        guard let needed = added.map({ max($0, usual) }) ?? size, free < needed else { return nil }
        return "the repository's disk has only \(text(free)) left; "
            + (added.map { "the last backup added \(text($0)), and \(text(needed)) should be free" }
                ?? "the database takes \(text(needed)) before compression")
    }

    /// In MiB, and in KiB where that would say nothing.
    private static func text(_ bytes: Int) -> String {
        bytes < 10 << 20 ? "\(bytes >> 10) KiB" : "\(bytes >> 20) MiB"
    }

    private static func obstacle(_ folders: [String], _ files: Files) -> FileFault? {
        do throws(FileFault) { for folder in folders { try files.requireWritable(folder) } } catch { return error }
        return nil
    }
}
