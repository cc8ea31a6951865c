import Crypto
package import Secrets

/// What tells one KMS root key from another, and may be printed: whether a database is still of the instance that it was.
///
/// It stays the same when the root key is wrapped anew for another `ENCRYPTION_KEY`. A root key is 32 random bytes, so
/// nothing can be guessed from it; the prefix keeps it apart from `KEKLabel`.
package enum RootKeyFingerprint {
    /// 32 lower case hex characters: the first half of SHA-256 over a fixed prefix and the key.
    package static func of(_ key: Secret) -> String {
        var hash = SHA256Stream()
        let prefix: StaticString = "infisical-ops:root-key-fingerprint:v1"
        hash.update(UnsafeRawBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
        key.withBytes { hash.update($0) }
        return String(hash.finish().hex.prefix(32))
    }
}
