import CCrypto
package import Secrets

/// A key made from a passphrase (RFC 7914) at a price in memory: 1 KiB · 2^`logN` with the usual `r` of 8.
package enum Scrypt {
    /// - Parameters:
    ///   - logN: work factor, 1...30; 18 takes about a second and 256 MiB.
    ///   - count: bytes to derive.
    package static func derive(
        passphrase: Secret, salt: UnsafeRawBufferPointer, logN: Int, r: Int = 8, p: Int = 1, count: Int = 32
    ) throws(CryptoFault) -> Secret {
        guard (1...30).contains(logN) else { throw .malformed(what: "a scrypt work factor", why: "out of range") }
        let size = UInt64(1) << UInt64(logN)
        // The limit only guards against careless parameters; what is needed is 128·r·(N + p) bytes and a little.
        let limit = 128 * UInt64(r) * (size + UInt64(p) + 64)
        return try Secret(count: count) { (target) throws(CryptoFault) in
            let result = passphrase.withBytes { passphrase in
                EVP_PBE_scrypt(
                    passphrase.baseAddress?.assumingMemoryBound(to: CChar.self), passphrase.count, salt.octets,
                    salt.count, size, UInt64(r), UInt64(p), limit, target.octets, target.count)
            }
            guard result == 1 else {
                Library.forgetErrors()
                throw .failed(operation: "scrypt with 2^\(logN) KiB of memory")
            }
        }
    }
}
