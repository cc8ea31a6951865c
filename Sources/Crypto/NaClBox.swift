import CSodium
package import Secrets

/// NaCl's `box`: X25519, XSalsa20 and Poly1305 between two key pairs, as Infisical wraps legacy project keys
/// (libcrypto has no XSalsa20).
package enum NaClBox {
    package static let keySize = 32
    package static let nonceSize = 24
    /// What a box is longer than its content.
    package static let overhead = 16

    private static let isReady = sodium_init() >= 0

    /// Opens tag followed by ciphertext.
    ///
    /// - Throws: `notAuthentic` when a key or the nonce is another one, or the data was changed.
    package static func open(
        _ box: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, publicKey: UnsafeRawBufferPointer,
        privateKey: Secret
    ) throws(CryptoFault) -> Secret {
        try check(nonce, publicKey, privateKey)
        guard box.count >= overhead else { throw .notAuthentic }
        return try Secret(count: box.count - overhead) { (target) throws(CryptoFault) in
            let isOpen = privateKey.withBytes { privateKey in
                guard let plaintext = target.octets, let sealed = box.octets, let nonce = nonce.octets,
                    let publicKey = publicKey.octets, let privateKey = privateKey.octets
                else { return false }
                return crypto_box_open_easy(plaintext, sealed, UInt64(box.count), nonce, publicKey, privateKey) == 0
            }
            guard isOpen else { throw .notAuthentic }
        }
    }

    /// Seals `plaintext` as tag followed by ciphertext. A nonce may be used only once per pair of keys.
    package static func seal(
        _ plaintext: Secret, nonce: UnsafeRawBufferPointer, publicKey: UnsafeRawBufferPointer, privateKey: Secret
    ) throws(CryptoFault) -> [UInt8] {
        try check(nonce, publicKey, privateKey)
        let box = [UInt8](unsafeUninitializedCapacity: plaintext.count + overhead) { target, filled in
            let isSealed = plaintext.withBytes { content in
                privateKey.withBytes { privateKey in
                    guard let box = target.baseAddress, let plaintext = content.octets, let nonce = nonce.octets,
                        let publicKey = publicKey.octets, let privateKey = privateKey.octets
                    else { return false }
                    return crypto_box_easy(box, plaintext, UInt64(content.count), nonce, publicKey, privateKey) == 0
                }
            }
            filled = isSealed ? plaintext.count + overhead : 0
        }
        // libsodium refuses only a public key of low order.
        guard !box.isEmpty else { throw .lowOrderPoint }
        return box
    }

    private static func check(
        _ nonce: UnsafeRawBufferPointer, _ publicKey: UnsafeRawBufferPointer, _ privateKey: Secret
    ) throws(CryptoFault) {
        guard isReady else { throw .unavailable(algorithm: "NaCl box") }
        guard nonce.count == nonceSize else { throw .wrongLength(of: "a NaCl box nonce", count: nonce.count) }
        guard publicKey.count == keySize else { throw .wrongLength(of: "a NaCl public key", count: publicKey.count) }
        guard privateKey.count == keySize else { throw .wrongLength(of: "a NaCl private key", count: privateKey.count) }
    }
}
