import CCrypto
package import Secrets

/// Signatures on edwards25519 (RFC 8032). A private key is its 32-byte seed.
package enum Ed25519 {
    package static let seedSize = 32
    package static let publicKeySize = 32
    package static let signatureSize = 64

    /// A new private key.
    package static func generateSeed() throws(CryptoFault) -> Secret { try Random.secret(count: seedSize) }

    /// The public key of a seed, 32 bytes.
    package static func publicKey(seed: Secret) throws(CryptoFault) -> [UInt8] {
        let key = try privateKey(seed)
        defer { EVP_PKEY_free(key) }
        var count = publicKeySize
        let bytes = [UInt8](unsafeUninitializedCapacity: publicKeySize) { target, filled in
            filled = EVP_PKEY_get_raw_public_key(key, target.baseAddress, &count) == 1 ? count : 0
        }
        guard bytes.count == publicKeySize else { throw .failed(operation: "Ed25519") }
        return bytes
    }

    /// The signature of a message, 64 bytes; the same every time.
    package static func sign(_ message: UnsafeRawBufferPointer, seed: Secret) throws(CryptoFault) -> [UInt8] {
        let key = try privateKey(seed)
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { throw .failed(operation: "Ed25519") }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestSignInit_ex(context, nil, nil, nil, nil, key, nil) == 1 else {
            throw .failed(operation: "Ed25519")
        }
        var count = signatureSize
        let signature = [UInt8](unsafeUninitializedCapacity: signatureSize) { target, filled in
            let signed = EVP_DigestSign(context, target.baseAddress, &count, message.octets, message.count)
            filled = signed == 1 ? count : 0
        }
        guard signature.count == signatureSize else { throw .failed(operation: "Ed25519") }
        return signature
    }

    /// - Throws: `badSignature` unless the holder of the public key's seed signed exactly this message.
    package static func verify(
        _ signature: [UInt8], of message: UnsafeRawBufferPointer, publicKey: [UInt8]
    ) throws(CryptoFault) {
        guard publicKey.count == publicKeySize else {
            throw .wrongLength(of: "an Ed25519 public key", count: publicKey.count)
        }
        guard signature.count == signatureSize else { throw .badSignature }
        guard let key = EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, publicKey, publicKey.count)
        else { throw .unavailable(algorithm: "Ed25519") }
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { throw .failed(operation: "Ed25519") }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestVerifyInit_ex(context, nil, nil, nil, nil, key, nil) == 1 else {
            throw .failed(operation: "Ed25519")
        }
        guard EVP_DigestVerify(context, signature, signature.count, message.octets, message.count) == 1 else {
            Library.forgetErrors()
            throw .badSignature
        }
    }

    private static func privateKey(_ seed: Secret) throws(CryptoFault) -> OpaquePointer {
        guard seed.count == seedSize else { throw .wrongLength(of: "an Ed25519 seed", count: seed.count) }
        let key = seed.withBytes { EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, $0.octets, $0.count) }
        guard let key else { throw .unavailable(algorithm: "Ed25519") }
        return key
    }
}
