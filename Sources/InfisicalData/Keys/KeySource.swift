/// The key encoding that a legacy triple names: which of the environment's two keys sealed it.
package enum KeyEncoding: String, Sendable, CaseIterable {
    /// The characters of `ENCRYPTION_KEY` are the key.
    case utf8
    /// The decoded `ROOT_ENCRYPTION_KEY` is the key; on FIPS instances the decoded `ENCRYPTION_KEY`.
    case base64
}

/// How a key was made from a value of the environment.
package enum KeySource: String, Sendable, CaseIterable {
    case encryptionKeyUTF8
    case rootEncryptionKeyBase64
    case encryptionKeyFIPS

    /// The variable's plain name; the usage guide's stack puts `INFISICAL_` in front of it.
    package var variable: String {
        switch self {
        case .encryptionKeyUTF8, .encryptionKeyFIPS: "ENCRYPTION_KEY"
        case .rootEncryptionKeyBase64: "ROOT_ENCRYPTION_KEY"
        }
    }

    /// The triples that the key reads and writes.
    package var encoding: KeyEncoding { self == .encryptionKeyUTF8 ? .utf8 : .base64 }
}
