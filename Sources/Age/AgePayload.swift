import Crypto
import Secrets

/// The content of an age file: chunks of 64 KiB, each sealed by itself under a nonce that says its number and whether
/// it is the last. That makes changes, removals, insertions and a cut-off end detectable chunk by chunk.
struct AgePayload: ~Copyable {
    /// Bytes of content in a chunk; only the last may have fewer.
    static let chunkSize = 64 << 10
    static let sealedChunkSize = chunkSize + ChaChaPoly.tagSize
    /// Random bytes in front of the chunks that make the payload's key differ from any other made of the file key.
    static let nonceSize = 16

    private var cipher: ChaChaPoly
    // Eleven bytes of chunk number, big-endian, and one byte that is 1 for the last chunk.
    private var nonce = [UInt8](repeating: 0, count: ChaChaPoly.nonceSize)
    /// Chunks done so far.
    private(set) var count = 0

    init(fileKey: Secret, nonce: [UInt8]) throws(CryptoFault) {
        cipher = try ChaChaPoly(
            key: HKDF.sha256(key: fileKey, salt: nonce, info: "payload", count: ChaChaPoly.keySize))
    }

    /// Chunks that content of a size is cut into; even no content has one.
    static func chunks(plaintextCount: Int) -> Int { max(1, (plaintextCount + chunkSize - 1) / chunkSize) }

    /// Bytes of nonce and chunks for content of a size.
    static func size(plaintextCount: Int) -> Int {
        nonceSize + plaintextCount + chunks(plaintextCount: plaintextCount) * ChaChaPoly.tagSize
    }

    /// Bytes of content in sealed chunks of a total size, the payload's nonce not counted; 0 if there are too few.
    static func plaintextSize(sealedCount: Int) -> Int {
        // A last chunk too short for its tag is damage, found later; it must not shrink the room of those before it.
        sealedCount / sealedChunkSize * chunkSize + max(0, sealedCount % sealedChunkSize - ChaChaPoly.tagSize)
    }

    /// Seals the next chunk into the start of `target`.
    mutating func seal(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, into target: UnsafeMutableRawBufferPointer
    ) throws(CryptoFault) {
        number(isLast)
        try nonce.withUnsafeBytes { nonce in
            Result { () throws(CryptoFault) in try cipher.seal(chunk, nonce: nonce, into: target) }
        }.get()
        count += 1
    }

    /// Opens the next chunk into the start of `target`; a fault says what is wrong with the file at this point.
    mutating func open(
        _ sealed: UnsafeRawBufferPointer, isLast: Bool, into target: UnsafeMutableRawBufferPointer
    ) throws(AgeFault) {
        guard sealed.count >= ChaChaPoly.tagSize else { throw .truncated(afterChunk: count) }
        if try !opens(sealed, isLast: isLast, into: target) {
            // The chunk may be whole and only stand in the wrong place; that is another kind of damage.
            guard try opens(sealed, isLast: !isLast, into: target) else { throw .damagedChunk(count + 1) }
            Secret.zero(UnsafeMutableRawBufferPointer(rebasing: target[..<(sealed.count - ChaChaPoly.tagSize)]))
            throw isLast ? .truncated(afterChunk: count + 1) : .trailingData(afterChunk: count + 1)
        }
        guard sealed.count > ChaChaPoly.tagSize || count == 0 else { throw .emptyLastChunk(count + 1) }
        count += 1
    }

    private mutating func opens(
        _ sealed: UnsafeRawBufferPointer, isLast: Bool, into target: UnsafeMutableRawBufferPointer
    ) throws(AgeFault) -> Bool {
        number(isLast)
        let result = nonce.withUnsafeBytes { nonce in
            Result { () throws(CryptoFault) in try cipher.open(sealed, nonce: nonce, into: target) }
        }
        switch result {
        case .success: return true
        case .failure(.notAuthentic): return false
        case .failure(let fault): throw .crypto(fault)
        }
    }

    private mutating func number(_ isLast: Bool) {
        for byte in 0..<8 { nonce[10 - byte] = UInt8(truncatingIfNeeded: count >> (8 * byte)) }
        nonce[11] = isLast ? 1 : 0
    }
}
