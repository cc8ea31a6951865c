import Glibc

/// The secret under which the rows of a repository's backups are hashed; derived elsewhere from its id key.
///
/// Shared by all digesters of a run, and zeroed when the last of them goes.
package final class DigestKey: Sendable {
    /// Length in bytes: that of XXH3's own secret.
    package static let length = 192

    // Written by the initialiser only, and zeroed in `deinit`, when nobody else can hold a reference.
    nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

    /// Copies `length` bytes.
    package init(copying key: UnsafeRawBufferPointer) throws(CopyFault) {
        guard key.count == Self.length else { throw .badKeyLength(key.count) }
        bytes = .allocate(byteCount: key.count, alignment: 64)
        bytes.copyMemory(from: key)
    }

    deinit {
        if let base = bytes.baseAddress { explicit_bzero(base, bytes.count) }
        bytes.deallocate()
    }
}
