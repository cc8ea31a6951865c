/// Why a cryptographic operation gave no result. The leaf knows nothing of its callers: they say what the bytes were.
package enum CryptoFault: Error, Sendable, Equatable {
    /// The system's libcrypto or libsodium does not offer this algorithm, for instance under a FIPS-only configuration.
    case unavailable(algorithm: String)
    /// The library refused for a reason that valid arguments do not have; in practice memory ran out.
    case failed(operation: String)
    /// The operating system's random generator gave no bytes.
    case noRandomness
    /// Key, nonce, tag or buffer of a length that the algorithm does not take.
    case wrongLength(of: String, count: Int)
    /// The tag does not fit: wrong key, or the data was changed.
    case notAuthentic
    /// The other side's X25519 key is one of the few that make any shared secret zero.
    case lowOrderPoint
    /// A signature that does not fit the data and the key.
    case badSignature
    /// Text or bytes that are not what they should be.
    case malformed(what: String, why: String)

    /// Stable identifier for scripts.
    package var code: String {
        switch self {
        case .unavailable: "crypto.unavailable"
        case .failed: "crypto.failed"
        case .noRandomness: "crypto.no-randomness"
        case .wrongLength: "crypto.wrong-length"
        case .notAuthentic: "crypto.not-authentic"
        case .lowOrderPoint: "crypto.low-order-point"
        case .badSignature: "crypto.bad-signature"
        case .malformed: "crypto.malformed"
        }
    }

    /// The fault in words, never with key material.
    package var message: String {
        switch self {
        case .unavailable(let algorithm): "the system's crypto library does not offer \(algorithm)"
        case .failed(let operation): "the system's crypto library failed at \(operation)"
        case .noRandomness: "the system's random generator gave no bytes"
        case .wrongLength(let what, let count): "\(what) cannot be \(count) bytes long"
        case .notAuthentic: "the data does not match its authentication tag"
        case .lowOrderPoint: "the public key yields no shared secret"
        case .badSignature: "the signature does not match the data and the key"
        case .malformed(let what, let why): "\(what) is malformed: \(why)"
        }
    }
}
