import Effects
import Glibc
package import Secrets

extension Files {
    /// Opens a file to be read in pieces.
    ///
    /// - Parameters:
    ///   - followingLinks: whether the name may be a symbolic link.
    ///   - forgetting: whether its pages leave the cache at the end, so that reading a whole repository does not push
    ///     out what the database needs.
    package func openForReading(
        _ path: String, followingLinks: Bool = true, forgetting: Bool = false
    ) throws(FileFault) -> ReadableFile {
        let descriptor = try open(path, O_RDONLY | (followingLinks ? 0 : O_NOFOLLOW), .open)
        return try ReadableFile(descriptor: descriptor, path: path, effects: effects, forgetting: forgetting)
    }

    /// The whole content of a file of at most `limit` bytes.
    package func read(_ path: String, limit: Int) throws(FileFault) -> [UInt8] {
        var file = try openForReading(path)
        let room = try Files.room(for: file, limit: limit)
        var bytes = [UInt8](repeating: 0, count: room)
        let outcome = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(FileFault) -> Int in try file.readUpTo(buffer) }
        }
        let count = try outcome.get()
        if count > limit { throw .tooLarge(path: path, limit: limit) }
        bytes.removeSubrange(count...)
        return bytes
    }

    /// The whole content of a file of at most `limit` bytes, kept only in memory that is zeroed afterwards.
    package func readSecret(_ path: String, limit: Int) throws(FileFault) -> Secret {
        var file = try openForReading(path)
        let room = try Files.room(for: file, limit: limit)
        var count = 0
        let bytes = try Secret(count: room) { (buffer) throws(FileFault) in count = try file.readUpTo(buffer) }
        if count > limit { throw .tooLarge(path: path, limit: limit) }
        return bytes.slice(0..<count)
    }

    /// How much to read: one byte more than is expected, so that a file that grows, or has no size, is noticed.
    private static func room(for file: borrowing ReadableFile, limit: Int) throws(FileFault) -> Int {
        if file.size > limit { throw .tooLarge(path: file.path, limit: limit) }
        // Files of /proc say that they are empty, and pipes have no size.
        return (file.size > 0 ? file.size : limit) + 1
    }
}
