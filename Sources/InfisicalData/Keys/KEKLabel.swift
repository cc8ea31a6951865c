import Crypto
package import Secrets

/// The name of a key that may be printed: it says which key is meant and nothing about it.
///
/// The same label that Infisical stores in `kms_root_config."kekLabel"` since S8; computed here for every era.
package enum KEKLabel {
    /// 32 lower case hex characters: the first half of SHA-256 over a fixed prefix and the key.
    package static func of(_ key: Secret) -> String {
        var hash = SHA256Stream()
        let prefix: StaticString = "infisical:kek-fingerprint:v1"
        hash.update(UnsafeRawBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
        key.withBytes { hash.update($0) }
        return String(hash.finish().hex.prefix(32))
    }
}
