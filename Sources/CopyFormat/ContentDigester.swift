import CXXHash

/// Hashes rows with XXH3-128 under a secret and sums them into a `ContentDigest`.
///
/// One reused streaming state; no allocation per row. A row that arrives in parts gives the same hash as the whole row.
package struct ContentDigester: ~Copyable, RowSink {
    private let key: DigestKey
    private let state: OpaquePointer
    private var rowIsOpen = false
    /// The digest of the complete rows so far.
    package private(set) var digest = ContentDigest()

    package init(key: DigestKey) throws(CopyFault) {
        guard let state = XXH3_createState() else { throw .outOfMemory }
        self.state = state
        self.key = key
    }

    deinit { XXH3_freeState(state) }

    @inline(__always)
    package mutating func row(_ bytes: UnsafeRawBufferPointer) {
        let hash = XXH3_128bits_withSecret(bytes.baseAddress, bytes.count, key.bytes.baseAddress, DigestKey.length)
        digest.add(low: hash.low64, high: hash.high64)
    }

    package mutating func part(_ bytes: UnsafeRawBufferPointer, ends: Bool) {
        if !rowIsOpen {
            XXH3_128bits_reset_withSecret(state, key.bytes.baseAddress, DigestKey.length)
            rowIsOpen = true
        }
        XXH3_128bits_update(state, bytes.baseAddress, bytes.count)
        if ends {
            let hash = XXH3_128bits_digest(state)
            digest.add(low: hash.low64, high: hash.high64)
            rowIsOpen = false
        }
    }
}
