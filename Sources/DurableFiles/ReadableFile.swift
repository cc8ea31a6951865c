import CLinux
import Effects
import Glibc

/// A file open for reading from its beginning to its end.
package struct ReadableFile: ~Copyable {
    package let path: String
    /// In bytes, at the time of opening; 0 for what does not tell its size, such as a file of `/proc`.
    package let size: Int
    /// What the file is, whatever its name stands for by now.
    package let status: FileStatus
    var kind: FileKind { status.kind }
    private let descriptor: Int32
    private let effects: Effects
    private let forgetting: Bool

    init(descriptor: Int32, path: String, effects: Effects, forgetting: Bool) throws(FileFault) {
        var raw = stat()
        let result = effects.call(.inspect, path) { fstat(descriptor, &raw) }
        self.path = path
        self.descriptor = descriptor
        self.effects = effects
        self.forgetting = forgetting
        status = FileStatus(raw)
        size = status.kind == .file ? Int(raw.st_size) : 0
        // From here on `deinit` closes the descriptor, also when this throws.
        _ = try Files.value(of: result, .inspect, path)
        _ = clinux_advise(descriptor, POSIX_FADV_SEQUENTIAL)
    }

    deinit {
        if forgetting { _ = clinux_advise(descriptor, POSIX_FADV_DONTNEED) }
        close(descriptor)
    }

    /// Reads what is there, at most the size of `buffer`.
    ///
    /// - Returns: how many bytes; 0 at the end of the file.
    package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileFault) -> Int {
        let result = effects.call(.read, path) { Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
        return try Files.value(of: result, .read, path)
    }

    /// Reads until `buffer` is full or the file ends.
    ///
    /// - Returns: how many bytes; fewer than the size of `buffer` only at the end of the file.
    package mutating func readUpTo(_ buffer: UnsafeMutableRawBufferPointer) throws(FileFault) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Fills `buffer`; a file that ends before is a fault.
    package mutating func readFully(into buffer: UnsafeMutableRawBufferPointer) throws(FileFault) {
        let found = try readUpTo(buffer)
        if found < buffer.count { throw .truncated(path: path, expected: buffer.count, found: found) }
    }
}
