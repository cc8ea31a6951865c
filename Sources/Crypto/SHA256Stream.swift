import CCrypto

/// SHA-256 of bytes that come in pieces; one context serves any number of messages.
package struct SHA256Stream: ~Copyable {
    private let context: OpaquePointer

    package init() {
        context = Library.must(EVP_MD_CTX_new())
        begin()
    }

    deinit { EVP_MD_CTX_free(context) }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        Library.must(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1)
    }

    /// The digest of everything since the last `finish`; the next message starts empty.
    package mutating func finish() -> Digest32 {
        let digest = Digest32 { Library.must(EVP_DigestFinal_ex(context, $0.octets, nil) == 1) }
        begin()
        return digest
    }

    private func begin() {
        Library.must(EVP_DigestInit_ex2(context, Library.must(Library.sha256), nil) == 1)
    }
}
