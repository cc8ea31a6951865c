import CCrypto

/// Comparison of tags and other values that an attacker may guess at.
package enum ConstantTime {
    /// Whether both hold the same bytes; takes the same time wherever they differ. The lengths are no secret.
    package static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard let first = left.baseAddress, let second = right.baseAddress else { return true }
        return CRYPTO_memcmp(first, second, left.count) == 0
    }
}
