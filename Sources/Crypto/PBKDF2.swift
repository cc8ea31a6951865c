import CCrypto
package import Secrets

/// Keys derived from a password (RFC 8018) with HMAC-SHA-256.
package enum PBKDF2 {
    package static func sha256(
        password: Secret, salt: [UInt8], iterations: Int32, count: Int
    ) throws(CryptoFault) -> Secret {
        try Secret(count: count) { (target) throws(CryptoFault) in
            let result = password.withBytes { password in
                PKCS5_PBKDF2_HMAC(
                    password.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(password.count), salt,
                    Int32(salt.count), iterations, EVP_sha256(), Int32(target.count),
                    target.baseAddress?.assumingMemoryBound(to: UInt8.self))
            }
            guard result == 1 else {
                Library.forgetErrors()
                throw .failed(operation: "PBKDF2")
            }
        }
    }

    /// The hash that Infisical stores in the place of bcrypt's where it runs with FIPS (format spec 3.3): a million
    /// iterations, which take about a second.
    package static func infisicalHash(_ password: Secret) throws(CryptoFault) -> String {
        let salt = try Random.bytes(count: 16)
        let key = try sha256(password: password, salt: salt, iterations: 1_000_000, count: 32)
        return "$v1$10$" + key.withBytes { Base64.encode(salt + [UInt8]($0)) }
    }
}
