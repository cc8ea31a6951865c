import InfisicalData

/// The kind of key that opened a value, in the words of scripts; never changes.
package enum KeyClass: String, Sendable, CaseIterable {
    /// The characters of the variable, or in FIPS mode what they decode to.
    case encryptionKey = "ENCRYPTION_KEY"
    case rootEncryptionKey = "ROOT_ENCRYPTION_KEY"
    /// The KMS root key.
    case root
    /// A KMS key, directly.
    case kms
    case organizationData = "org-data"
    case projectData = "project-data"
    /// The key in the boxes of a version-1/2 project.
    case legacyProject = "legacy-project"
    /// The symmetric key of an organization's bot.
    case organizationBot = "org-bot"

    init(_ sealer: KeyChain.Sealer) {
        switch sealer {
        case .rootKey: self = .root
        case .kmsKey: self = .kms
        case .organization: self = .organizationData
        case .project: self = .projectData
        case .legacyProject: self = .legacyProject
        case .organizationBot: self = .organizationBot
        }
    }

    init(_ source: KeySource) {
        self = source == .rootEncryptionKeyBase64 ? .rootEncryptionKey : .encryptionKey
    }
}
