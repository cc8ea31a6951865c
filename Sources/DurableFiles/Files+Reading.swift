import Effects
import Glibc
package import Secrets

extension Files {
    /// Opens a file to be read in pieces. Only a regular file is read: whatever else has the name is refused at once.
    ///
    /// - Parameters:
    ///   - followingLinks: whether the name may be a symbolic link; never below a confined folder.
    ///   - forgetting: whether its pages leave the cache at the end, so that reading a whole repository does not push
    ///     out what the database needs.
    /// - Throws: `wrongKind`, or the system's refusal, for a folder, a pipe, a socket or a device; it never waits for one.
    package func openForReading(
        _ path: String, followingLinks: Bool = true, forgetting: Bool = false
    ) throws(FileFault) -> ReadableFile {
        // A pipe without a writer would otherwise keep this call for ever; for a regular file O_NONBLOCK means nothing.
        let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (followingLinks ? 0 : O_NOFOLLOW)
        let descriptor: Int32
        do { descriptor = try open(path, flags, .open) } catch {
            // What the system says of a socket, and of a device that nothing stands behind.
            if error.errno?.code == ENXIO { throw .wrongKind(path: path, needed: .file) }
            throw error
        }
        let file = try ReadableFile(descriptor: descriptor, path: path, effects: effects, forgetting: forgetting)
        guard file.kind == .file else { throw .wrongKind(path: path, needed: .file) }
        return file
    }

    /// Opens a regular file where anything may lie under the name, also a link, which is refused.
    package func openRegular(_ path: String, forgetting: Bool = false) throws(FileFault) -> ReadableFile {
        try openForReading(path, followingLinks: false, forgetting: forgetting)
    }

    /// The whole content of a regular file of at most `limit` bytes; takes no more memory than the file has.
    package func readRegular(_ path: String, limit: Int) throws(FileFault) -> [UInt8] {
        var file = try openRegular(path)
        if file.size > limit { throw .tooLarge(path: path, limit: limit) }
        var bytes = [UInt8](repeating: 0, count: file.size)
        let outcome = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(FileFault) -> Int in try file.readUpTo(buffer) }
        }
        bytes.removeSubrange(try outcome.get()...)
        return bytes
    }

    /// The whole content of a file of at most `limit` bytes.
    package func read(_ path: String, limit: Int) throws(FileFault) -> [UInt8] {
        var file = try openForReading(path)
        var bytes: [UInt8] = [], count = 0, room = try Files.room(for: file, limit: limit)
        while count < room {
            bytes += [UInt8](repeating: 0, count: room - bytes.count)
            let outcome = bytes[count...].withUnsafeMutableBytes { buffer in
                Result { () throws(FileFault) -> Int in try file.readUpTo(buffer) }
            }
            count += try outcome.get()
            if count == room { room = try Files.room(after: count, limit: limit, path) }
            if count < bytes.count { break }
        }
        bytes.removeSubrange(count...)
        return bytes
    }

    /// The whole content of a file of at most `limit` bytes, kept only in memory that is zeroed afterwards.
    package func readSecret(_ path: String, limit: Int) throws(FileFault) -> Secret {
        try Files.readSecret(try openForReading(path), limit: limit)
    }

    /// The whole content of an open file of at most `limit` bytes, kept only in memory that is zeroed afterwards.
    package static func readSecret(_ file: consuming ReadableFile, limit: Int) throws(FileFault) -> Secret {
        let path = file.path
        var bytes = Secret(count: 0) { _ in }, count = 0, room = try Files.room(for: file, limit: limit)
        while count == bytes.count {
            let before = bytes
            bytes = try Secret(count: room) { (buffer) throws(FileFault) in
                before.withBytes { buffer.copyMemory(from: $0) }
                count += try file.readUpTo(UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            }
            if count == room { room = try Files.room(after: count, limit: limit, path) }
        }
        return bytes.slice(0..<count)
    }

    /// How much to read first: one byte more than is expected, so that a file that grows, or has no size, is noticed.
    private static func room(for file: borrowing ReadableFile, limit: Int) throws(FileFault) -> Int {
        if file.size > limit { throw .tooLarge(path: file.path, limit: limit) }
        // Files of /proc say that they are empty.
        return (file.size > 0 ? file.size : limit) + 1
    }

    /// How much to read of a file that went on behind the size it had when it was opened.
    private static func room(after count: Int, limit: Int, _ path: String) throws(FileFault) -> Int {
        if count > limit { throw .tooLarge(path: path, limit: limit) }
        return min(count * 2, limit + 1)
    }
}
