import CCrypto
package import Secrets

/// Keys derived from a key (RFC 5869) with HMAC-SHA-256.
package enum HKDF {
    /// - Parameters:
    ///   - salt: may be empty, which equals 32 zero bytes.
    ///   - count: bytes to derive, 1...8160.
    package static func sha256(
        key: Secret, salt: UnsafeRawBufferPointer, info: UnsafeRawBufferPointer, count: Int
    ) throws(CryptoFault) -> Secret {
        guard (1...255 * 32).contains(count) else { throw .wrongLength(of: "a derived key", count: count) }
        guard let context = EVP_KDF_CTX_new(Library.hkdf) else { throw .unavailable(algorithm: "HKDF") }
        defer { EVP_KDF_CTX_free(context) }
        return try Secret(count: count) { (target) throws(CryptoFault) in
            let result = key.withBytes { key in
                var digest: (CChar, CChar, CChar, CChar, CChar, CChar, CChar) = (83, 72, 65, 50, 53, 54, 0)  // "SHA256"
                return withUnsafeMutableBytes(of: &digest) { digest in
                    withUnsafeTemporaryAllocation(of: OSSL_PARAM.self, capacity: 5) { parameters in
                        parameters[0] = OSSL_PARAM_construct_utf8_string(
                            name("digest"), digest.baseAddress?.assumingMemoryBound(to: CChar.self), 0)
                        parameters[1] = octets(name("key"), key)
                        parameters[2] = octets(name("salt"), salt)
                        parameters[3] = octets(name("info"), info)
                        parameters[4] = OSSL_PARAM_construct_end()
                        return EVP_KDF_derive(context, target.octets, target.count, parameters.baseAddress)
                    }
                }
            }
            guard result == 1 else {
                Library.forgetErrors()
                throw .failed(operation: "HKDF")
            }
        }
    }

    /// The same with text as info and no salt: how most formats use it.
    package static func sha256(key: Secret, salt: [UInt8] = [], info: String, count: Int) throws(CryptoFault) -> Secret
    {
        let result = salt.withUnsafeBytes { salt in
            Array(info.utf8).withUnsafeBytes { info in
                Result { () throws(CryptoFault) in try sha256(key: key, salt: salt, info: info, count: count) }
            }
        }
        return try result.get()
    }

    // libcrypto only reads parameters, but its structure has a mutable pointer for those that it writes.
    // OSSL_PARAM keeps the pointer, so the name must outlive the call: a Swift string bridged per call would not.
    private static func name(_ text: StaticString) -> UnsafePointer<CChar> {
        UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    private static func octets(_ name: UnsafePointer<CChar>, _ bytes: UnsafeRawBufferPointer) -> OSSL_PARAM {
        OSSL_PARAM_construct_octet_string(name, UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }
}
