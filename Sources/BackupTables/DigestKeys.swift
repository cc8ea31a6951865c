package import CopyFormat
import Crypto
package import Secrets

/// The key of content digests, derived from a repository's id key; see `docs/format.md`, section 5.3.
package enum DigestKeys {
    package static func make(idKey: Secret) throws -> DigestKey {
        try HKDF.sha256(key: idKey, info: "infisical-ops content digest v1", count: DigestKey.length).withBytes {
            try DigestKey(copying: $0)
        }
    }
}
