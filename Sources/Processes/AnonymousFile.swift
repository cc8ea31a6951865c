import CLinux
package import Effects
import Glibc

/// A file that has no name and no place on a disk: for programs that must seek in what we hold in memory.
package struct AnonymousFile: ~Copyable {
    package let descriptor: Int32

    package init(_ bytes: [UInt8]) throws(Errno) {
        descriptor = try AnonymousFile.make(bytes)
    }

    private static func make(_ bytes: [UInt8]) throws(Errno) -> Int32 {
        let descriptor = clinux_memory_file("infisical-ops")
        guard descriptor != -1 else { throw Errno(errno) }
        var offset = 0
        while offset < bytes.count {
            let written = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress?.advanced(by: offset), $0.count - offset)
            }
            guard written > 0 else {
                let error = Errno(errno)
                close(descriptor)
                throw error
            }
            offset += written
        }
        lseek(descriptor, 0, SEEK_SET)
        return descriptor
    }

    deinit { close(descriptor) }
}

/// An anonymous file that is there as long as somebody holds it, for those who may have none.
package final class HeldFile {
    private let file: AnonymousFile
    package var descriptor: Int32 { file.descriptor }

    package init(_ bytes: [UInt8]) throws(Errno) { file = try AnonymousFile(bytes) }

    /// Nil for nil.
    package static func holding(_ bytes: [UInt8]?) throws(Errno) -> HeldFile? {
        guard let bytes else { return nil }
        return try HeldFile(bytes)
    }
}
