import CLinux
import Effects
import Glibc

/// A file that only grows at its end: what `append` has returned from is on disk.
package struct AppendingFile: ~Copyable {
    package let path: String
    /// Bytes of the file.
    package private(set) var size = 0
    private let descriptor: Int32
    private let files: Files

    private init(path: String, descriptor: Int32, files: Files) {
        self.path = path
        self.descriptor = descriptor
        self.files = files
    }

    /// Opens a regular file that is there.
    ///
    /// - Throws: `wrongKind`, or the system's refusal, for a link, a pipe or a device; `unfit` for one with other names.
    package static func open(_ path: String, files: Files) throws(FileFault) -> AppendingFile {
        let descriptor = try files.open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK, .open)
        var file = AppendingFile(path: path, descriptor: descriptor, files: files), raw = stat()
        _ = try Files.value(of: files.effects.call(.inspect, path) { fstat(descriptor, &raw) }, .inspect, path)
        guard FileStatus(raw).kind == .file else { throw .wrongKind(path: path, needed: .file) }
        // Under its other name it may be a file of somebody else's.
        if raw.st_nlink > 1 { throw .unfit(path: path, reason: "the same file has other names too") }
        file.size = Int(raw.st_size)
        return file
    }

    deinit { close(descriptor) }

    /// Writes bytes behind the last one and waits until they are on disk. What of them was written when it fails is for
    /// the next reader to recognise.
    package mutating func append(_ bytes: [UInt8]) throws(FileFault) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest
            let result = files.effects.call(.write, path) {
                part.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            }
            let count = try Files.value(of: result, .write, path)
            rest = rest.dropFirst(count)
            size += count
        }
        _ = try Files.value(of: files.effects.call(.sync, path) { fdatasync(descriptor) }, .sync, path)
    }

    /// Takes away what lies behind the first `count` bytes, on disk too.
    package mutating func cut(to count: Int) throws(FileFault) {
        _ = try Files.value(of: files.effects.call(.write, path) { ftruncate(descriptor, count) }, .write, path)
        _ = try Files.value(of: files.effects.call(.sync, path) { fsync(descriptor) }, .sync, path)
        size = count
    }
}
