import CCrypto
package import Secrets

/// ChaCha20-Poly1305 (RFC 8439) with one key for many nonces, without additional data.
package struct ChaChaPoly: ~Copyable {
    package static let keySize = 32
    package static let nonceSize = 12
    package static let tagSize = 16

    private let context: OpaquePointer

    package init(key: Secret) throws(CryptoFault) {
        let context = try Library.context(Library.chaChaPoly, "ChaCha20-Poly1305")
        do throws(CryptoFault) {
            try ChaChaPoly.set(key, in: context)
        } catch {
            EVP_CIPHER_CTX_free(context)
            throw error
        }
        self.context = context
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// Takes another key into the same context.
    package mutating func rekey(_ key: Secret) throws(CryptoFault) {
        try ChaChaPoly.set(key, in: context)
    }

    private static func set(_ key: Secret, in context: OpaquePointer) throws(CryptoFault) {
        guard key.count == ChaChaPoly.keySize else { throw .wrongLength(of: "a ChaCha20 key", count: key.count) }
        guard key.withBytes({ EVP_CipherInit_ex2(context, nil, $0.octets, nil, 1, nil) }) == 1 else {
            throw .failed(operation: "ChaCha20-Poly1305")
        }
    }

    /// Writes ciphertext and tag, `plaintext.count + 16` bytes, to the start of `target`, which may be the memory of
    /// `plaintext` itself. A nonce may be used only once per key.
    package mutating func seal(
        _ plaintext: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(CryptoFault) {
        try check(plaintext.count, nonce, target.count, needed: plaintext.count + ChaChaPoly.tagSize)
        let tag = target[plaintext.count..<plaintext.count + ChaChaPoly.tagSize]
        var written: Int32 = 0
        guard EVP_CipherInit_ex2(context, nil, nil, nonce.octets, 1, nil) == 1,
            plaintext.isEmpty
                || EVP_CipherUpdate(context, target.octets, &written, plaintext.octets, Int32(plaintext.count)) == 1,
            EVP_CipherFinal_ex(context, target.octets, &written) == 1,
            EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_GET_TAG, Int32(ChaChaPoly.tagSize),
                UnsafeMutableRawBufferPointer(rebasing: tag).baseAddress) == 1
        else {
            Library.forgetErrors()
            throw .failed(operation: "ChaCha20-Poly1305")
        }
    }

    /// Opens ciphertext followed by its 16-byte tag; writes `sealed.count - 16` bytes to the start of `target`.
    ///
    /// - Throws: `notAuthentic` when the tag does not fit; `target` is zeroed then.
    package mutating func open(
        _ sealed: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(CryptoFault) {
        let count = sealed.count - ChaChaPoly.tagSize
        guard count >= 0 else { throw .notAuthentic }
        try check(count, nonce, target.count, needed: count)
        let tag = UnsafeRawBufferPointer(rebasing: sealed[count...])
        var written: Int32 = 0
        // With an empty target libcrypto still wants somewhere to write the nothing that the last call yields.
        var nowhere: UInt8 = 0
        guard EVP_CipherInit_ex2(context, nil, nil, nonce.octets, 0, nil) == 1,
            EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_SET_TAG, Int32(ChaChaPoly.tagSize),
                UnsafeMutableRawPointer(mutating: tag.baseAddress)) == 1
        else {
            Library.forgetErrors()
            throw .failed(operation: "ChaCha20-Poly1305")
        }
        guard count == 0 || EVP_CipherUpdate(context, target.octets, &written, sealed.octets, Int32(count)) == 1,
            EVP_CipherFinal_ex(context, &nowhere, &written) == 1
        else {
            Library.forgetErrors()
            Secret.zero(UnsafeMutableRawBufferPointer(rebasing: target[..<count]))
            throw .notAuthentic
        }
    }

    private func check(
        _ count: Int, _ nonce: UnsafeRawBufferPointer, _ room: Int, needed: Int
    ) throws(CryptoFault) {
        guard nonce.count == ChaChaPoly.nonceSize else {
            throw .wrongLength(of: "a ChaCha20-Poly1305 nonce", count: nonce.count)
        }
        guard count <= Int32.max else { throw .wrongLength(of: "one message", count: count) }
        guard room >= needed else { throw .wrongLength(of: "the target buffer", count: room) }
    }
}
