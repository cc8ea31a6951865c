/// A SHA-256 or HMAC-SHA-256 value: 32 bytes held in place, usable as a dictionary key.
package struct Digest32: Hashable, Sendable {
    package static let count = 32

    // The bytes in memory order, whatever the machine's byte order.
    private var words: SIMD4<UInt64>

    /// The value that `fill` writes into the 32 zeroed bytes it is given.
    package init<Failure: Error>(filledBy fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void) throws(Failure)
    {
        words = .zero
        let result = withUnsafeMutableBytes(of: &words) { (bytes) -> Result<Void, Failure> in
            do throws(Failure) {
                try fill(bytes)
                return .success(())
            } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Copies 32 bytes; nil for any other number of them.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Digest32.count else { return nil }
        self.init { $0.copyMemory(from: bytes) }
    }

    /// Reads 64 lowercase hexadecimal digits; nil for anything else.
    package init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        let value = bytes.withUnsafeBytes { Digest32($0) }
        guard let value else { return nil }
        self = value
    }

    /// 64 lowercase hexadecimal digits.
    package var hex: String { withBytes { Hex.encode($0) } }

    /// Lends the 32 bytes for the duration of `body`.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withUnsafeBytes(of: words) { try body($0) }
    }

    /// Whether both are the same; takes the same time wherever they differ.
    package func equalsInConstantTime(_ other: Digest32) -> Bool {
        let difference = words ^ other.words
        return (difference[0] | difference[1] | difference[2] | difference[3]) == 0
    }
}

extension Digest32: CustomStringConvertible {
    package var description: String { hex }
}
