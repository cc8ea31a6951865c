import CCrypto

/// SHA-256 of bytes that are all at hand.
package enum SHA256 {
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> Digest32 {
        Digest32 { target in
            Library.must(
                EVP_Digest(bytes.baseAddress, bytes.count, target.octets, nil, Library.must(Library.sha256), nil) == 1)
        }
    }

    package static func hash(_ bytes: [UInt8]) -> Digest32 { bytes.withUnsafeBytes { hash($0) } }
}

/// SHA-512 of bytes that are all at hand; OpenSSH signatures use it.
package enum SHA512 {
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 64) { target, count in
            Library.must(
                EVP_Digest(bytes.baseAddress, bytes.count, target.baseAddress, nil, Library.must(Library.sha512), nil)
                    == 1)
            count = 64
        }
    }
}
