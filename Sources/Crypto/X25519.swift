import CCrypto
package import Secrets

/// Key agreement on Curve25519 (RFC 7748).
package enum X25519 {
    package static let keySize = 32

    /// A private key as libcrypto holds it, with its public key computed once. Not to be shared between threads.
    package struct PrivateKey: ~Copyable {
        private let key: OpaquePointer
        /// The public key, 32 bytes.
        package let publicKey: [UInt8]

        package init(_ secret: Secret) throws(CryptoFault) {
            guard secret.count == keySize else { throw .wrongLength(of: "an X25519 key", count: secret.count) }
            let made = secret.withBytes { EVP_PKEY_new_raw_private_key_ex(nil, "X25519", nil, $0.octets, $0.count) }
            guard let made else { throw .unavailable(algorithm: "X25519") }
            var count = keySize
            let publicKey = [UInt8](unsafeUninitializedCapacity: keySize) { target, filled in
                filled = EVP_PKEY_get_raw_public_key(made, target.baseAddress, &count) == 1 ? count : 0
            }
            guard publicKey.count == keySize else {
                EVP_PKEY_free(made)
                throw .failed(operation: "X25519")
            }
            key = made
            self.publicKey = publicKey
        }

        deinit { EVP_PKEY_free(key) }

        /// The 32 bytes that only the holders of the two private keys can compute.
        ///
        /// - Throws: `lowOrderPoint` when they would be zero, which no honest key brings about.
        package func sharedSecret(with publicKey: UnsafeRawBufferPointer) throws(CryptoFault) -> Secret {
            guard publicKey.count == keySize else { throw .wrongLength(of: "an X25519 key", count: publicKey.count) }
            guard let peer = EVP_PKEY_new_raw_public_key_ex(nil, "X25519", nil, publicKey.octets, publicKey.count)
            else { throw .failed(operation: "X25519") }
            defer { EVP_PKEY_free(peer) }
            guard let context = EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { throw .failed(operation: "X25519") }
            defer { EVP_PKEY_CTX_free(context) }
            guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer_ex(context, peer, 0) == 1 else {
                throw .failed(operation: "X25519")
            }
            let shared = try Secret(count: keySize) { (target) throws(CryptoFault) in
                var count = keySize
                // libcrypto itself refuses a zero result; that is its only reason to fail here.
                guard EVP_PKEY_derive(context, target.octets, &count) == 1, count == keySize else {
                    Library.forgetErrors()
                    throw .lowOrderPoint
                }
            }
            guard !shared.withBytes({ $0.allSatisfy { $0 == 0 } }) else { throw .lowOrderPoint }
            return shared
        }
    }

    /// The public key of `privateKey`, 32 bytes.
    package static func publicKey(of privateKey: Secret) throws(CryptoFault) -> [UInt8] {
        try PrivateKey(privateKey).publicKey
    }

    /// The shared secret of two keys used once; whoever uses a private key repeatedly keeps a `PrivateKey`.
    package static func sharedSecret(
        privateKey: Secret, publicKey: UnsafeRawBufferPointer
    ) throws(CryptoFault) -> Secret {
        try PrivateKey(privateKey).sharedSecret(with: publicKey)
    }
}
