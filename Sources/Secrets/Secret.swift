import Glibc

/// Bytes that must not be seen: a key, a password, an identity.
///
/// A secret owns its bytes, zeroes them when it goes, and cannot be printed, encoded or turned into an argument: it has
/// no `String` initialiser, no `Codable`, and every description of it says only that it is one.
/// Copies that libpq, OpenSSL or a child's environment make cannot be zeroed; see `docs/threat-model.md`.
package final class Secret: Sendable {
    // The buffer is written only by the initialiser and by `deinit`, when nobody else can hold a reference.
    nonisolated(unsafe) private let buffer: UnsafeMutableRawBufferPointer

    /// Takes `count` bytes that `fill` writes into the zeroed buffer it is given.
    package init<Failure: Error>(
        count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        buffer = .allocate(byteCount: count, alignment: 16)
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        // When `fill` throws, `deinit` runs: every stored property is set by now.
        try fill(buffer)
    }

    /// Copies `bytes`; the caller zeroes its own copy.
    package convenience init(copying bytes: UnsafeRawBufferPointer) {
        self.init(count: bytes.count) { $0.copyMemory(from: bytes) }
    }

    /// Copies `bytes` and zeroes the original.
    package convenience init(consuming bytes: inout [UInt8]) {
        self.init(count: bytes.count) { target in bytes.withUnsafeBytes { target.copyMemory(from: $0) } }
        bytes.withUnsafeMutableBytes { Secret.zero($0) }
        bytes.removeAll()
    }

    deinit {
        Secret.zero(buffer)
        buffer.deallocate()
    }

    /// Length in bytes.
    package var count: Int { buffer.count }

    /// Lends the bytes for the duration of `body`; they must not escape it.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(buffer))
    }

    /// Whether both hold the same bytes; takes the same time wherever they differ.
    package func equals(_ other: Secret) -> Bool {
        guard count == other.count else { return false }
        var difference: UInt8 = 0
        for index in 0..<count { difference |= buffer[index] ^ other.buffer[index] }
        return difference == 0
    }

    /// A part of this secret as a secret of its own.
    package func slice(_ range: Range<Int>) -> Secret {
        // Raw buffers check nothing in a release build; what lies behind a secret is another one.
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "a part reaches beyond its secret")
        return Secret(copying: UnsafeRawBufferPointer(rebasing: buffer[range]))
    }

    /// Overwrites memory in a way that the optimiser may not remove.
    package static func zero(_ memory: UnsafeMutableRawBufferPointer) {
        if let base = memory.baseAddress { explicit_bzero(base, memory.count) }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "[secret]" }
    package var debugDescription: String { "[secret]" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>(), displayStyle: .class) }
}
