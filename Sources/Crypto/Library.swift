import CCrypto
import Glibc

/// The algorithms of libcrypto, looked up once per process: a lookup per use costs more than hashing a short value.
///
/// libcrypto counts references to these objects atomically and never changes them, so all threads share them.
enum Library {
    nonisolated(unsafe) static let sha256 = EVP_MD_fetch(nil, "SHA256", nil)
    nonisolated(unsafe) static let sha512 = EVP_MD_fetch(nil, "SHA512", nil)
    nonisolated(unsafe) static let hmac = EVP_MAC_fetch(nil, "HMAC", nil)
    nonisolated(unsafe) static let hkdf = EVP_KDF_fetch(nil, "HKDF", nil)
    nonisolated(unsafe) static let chaChaPoly = EVP_CIPHER_fetch(nil, "ChaCha20-Poly1305", nil)
    nonisolated(unsafe) static let aes128GCM = EVP_CIPHER_fetch(nil, "AES-128-GCM", nil)
    nonisolated(unsafe) static let aes256GCM = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)

    /// Ends the process when an operation failed that can only fail for want of memory, as Swift itself does then.
    @inline(__always)
    static func must(_ succeeded: Bool) {
        if !succeeded { abort() }
    }

    /// The pointer, or the end of the process: for SHA-2 and HMAC, which every build of libcrypto has.
    static func must(_ pointer: OpaquePointer?) -> OpaquePointer {
        guard let pointer else { abort() }
        return pointer
    }

    /// Empties this thread's queue of libcrypto errors after an expected failure such as a tag that does not fit;
    /// otherwise it would grow by one entry per failed value.
    static func forgetErrors() {
        ERR_clear_error()
    }

    /// A new context for `cipher`, which is set up but has neither key nor nonce.
    static func context(_ cipher: OpaquePointer?, _ name: String) throws(CryptoFault) -> OpaquePointer {
        guard let cipher else { throw .unavailable(algorithm: name) }
        guard let context = EVP_CIPHER_CTX_new() else { throw .failed(operation: name) }
        guard EVP_CipherInit_ex2(context, cipher, nil, nil, 1, nil) == 1 else {
            EVP_CIPHER_CTX_free(context)
            throw .failed(operation: name)
        }
        return context
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes as libcrypto wants them; nil when there are none.
    @inline(__always)
    var octets: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

extension UnsafeMutableRawBufferPointer {
    /// The bytes as libcrypto wants them; nil when there are none.
    @inline(__always)
    var octets: UnsafeMutablePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
