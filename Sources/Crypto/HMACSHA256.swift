import CCrypto
package import Secrets

/// HMAC-SHA-256 with one key for any number of messages.
package struct HMACSHA256: ~Copyable {
    private let context: OpaquePointer
    private var isPending = false

    package init(key: Secret) {
        context = Library.must(EVP_MAC_CTX_new(Library.must(Library.hmac)))
        // OSSL_PARAM keeps the pointer, so the parameter's name must outlive the call: a bridged Swift string would not.
        let digest: StaticString = "digest"
        // libcrypto only reads the algorithm's name, but its structure wants a mutable pointer.
        var name = Array("SHA256".utf8CString)
        let started = name.withUnsafeMutableBufferPointer { name in
            var parameters = [
                OSSL_PARAM_construct_utf8_string(
                    UnsafeRawPointer(digest.utf8Start).assumingMemoryBound(to: CChar.self), name.baseAddress, 0),
                OSSL_PARAM_construct_end(),
            ]
            return key.withBytes { EVP_MAC_init(context, $0.octets, $0.count, &parameters) }
        }
        Library.must(started == 1)
    }

    deinit { EVP_MAC_CTX_free(context) }

    /// The code of one whole message; whatever `update` was given before is dropped.
    package mutating func authenticate(_ message: UnsafeRawBufferPointer) -> Digest32 {
        reset()
        update(message)
        return finish()
    }

    /// Drops what `update` was given since the last `finish`.
    package mutating func reset() {
        if isPending { begin() }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        Library.must(EVP_MAC_update(context, bytes.octets, bytes.count) == 1)
        isPending = true
    }

    /// The code of everything since the last `finish` or `reset`; the next message starts empty.
    package mutating func finish() -> Digest32 {
        let code = Digest32 { Library.must(EVP_MAC_final(context, $0.octets, nil, $0.count) == 1) }
        begin()
        return code
    }

    private mutating func begin() {
        // Without a key the context starts over with the one it has.
        Library.must(EVP_MAC_init(context, nil, 0, nil) == 1)
        isPending = false
    }
}
