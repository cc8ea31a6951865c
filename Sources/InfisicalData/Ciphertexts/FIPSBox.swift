package import Crypto
package import Secrets

/// What instances in FIPS mode write instead of a NaCl box (format specification, 2.4): key pairs in DER, the SHA-256 of the
/// shared secret as a key for AES-256-GCM, the first 12 bytes of the nonce as its IV.
package enum FIPSBox {
    /// An SPKI of X25519: 12 bytes that say so, then the key.
    package static let publicKeySize = 44
    /// A PKCS8 of X25519: 16 bytes that say so, then the key.
    package static let privateKeySize = 48
    private static let prefixes: (public: [UInt8], private: [UInt8]) = (
        [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00],
        [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20]
    )

    /// Opens a box.
    ///
    /// - Parameters:
    ///   - ciphertext: with its tag of 16 bytes behind.
    ///   - publicKey: the sender's, in DER.
    ///   - privateKey: the receiver's, in DER.
    /// - Throws: `notAuthentic` for other keys, changed bytes, and what is no such key.
    package static func open(
        _ ciphertext: [UInt8], nonce: [UInt8], publicKey: [UInt8], privateKey: Secret, with cipher: inout AESGCM
    ) throws(CryptoFault) -> Secret {
        guard nonce.count >= KMSBlob.ivSize else { throw .notAuthentic }
        let key = try sharedKey(publicKey, privateKey)
        return try KMSBlob.open(Array(nonce.prefix(KMSBlob.ivSize)) + ciphertext, key: key, with: &cipher)
    }

    /// Seals what the holder of either private key opens with the other's public key; gives the ciphertext with its tag
    /// behind.
    package static func seal(
        _ content: Secret, nonce: [UInt8], publicKey: [UInt8], privateKey: Secret, with cipher: inout AESGCM
    ) throws(CryptoFault) -> [UInt8] {
        let key = try sharedKey(publicKey, privateKey)
        var box = [UInt8](repeating: 0, count: content.count + AESGCM.tagSize)
        let result = box.withUnsafeMutableBytes { box in
            key.withBytes { key in
                content.withBytes { content in
                    nonce.withUnsafeBytes { nonce in
                        Result { () throws(CryptoFault) in
                            try cipher.seal(
                                key: key, iv: UnsafeRawBufferPointer(rebasing: nonce.prefix(KMSBlob.ivSize)),
                                plaintext: content,
                                into: UnsafeMutableRawBufferPointer(rebasing: box[..<content.count]),
                                tag: UnsafeMutableRawBufferPointer(rebasing: box[content.count...]))
                        }
                    }
                }
            }
        }
        try result.get()
        return box
    }

    /// The public half of a private key in DER, in DER; nil for what is no such key.
    package static func publicKey(of privateKey: Secret) throws(CryptoFault) -> [UInt8]? {
        guard privateKey.count == privateKeySize, privateKey.withBytes({ $0.starts(with: prefixes.private) }) else {
            return nil
        }
        return try prefixes.public + X25519.publicKey(of: privateKey.slice(prefixes.private.count..<privateKeySize))
    }

    private static func sharedKey(_ publicKey: [UInt8], _ privateKey: Secret) throws(CryptoFault) -> Secret {
        let isPair =
            publicKey.count == publicKeySize && publicKey.starts(with: prefixes.public)
            && privateKey.count == privateKeySize && privateKey.withBytes { $0.starts(with: prefixes.private) }
        guard isPair else { throw .notAuthentic }
        let own = privateKey.slice(prefixes.private.count..<privateKeySize)
        let agreed = publicKey[prefixes.public.count...].withUnsafeBytes { theirs in
            Result { () throws(CryptoFault) in try X25519.sharedSecret(privateKey: own, publicKey: theirs) }
        }
        let shared: Secret
        do throws(CryptoFault) { shared = try agreed.get() } catch .lowOrderPoint {
            // A public key that nobody has a private one for.
            throw .notAuthentic
        }
        return shared.withBytes { shared in
            Secret(count: 32) { target in SHA256.hash(shared).withBytes { target.copyMemory(from: $0) } }
        }
    }
}
