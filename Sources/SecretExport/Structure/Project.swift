/// A project as its row says it.
package struct Project: Sendable, Equatable {
    /// Which tables hold the secrets of a project; the others may still hold stale copies from before an upgrade.
    package enum Storage: Sendable, Equatable {
        /// Version 3: `secrets_v2`, under the project's data key.
        case kms
        /// Versions 1 and 2: `secrets`, under the key that the project's boxes hold.
        case legacy
    }

    package let id: String
    package let name: String
    /// Unique within an organization only.
    package let slug: String
    package let organization: String?
    package let version: Int
    /// nil until December 2024, when every project was one of secrets.
    package let type: String?
    /// Whether it waits to be purged.
    package let isDeleted: Bool
    /// `IN_PROGRESS` or `FAILED` after an upgrade to version 3 that was interrupted.
    package let upgradeStatus: String?

    package init(
        id: String, name: String, slug: String, organization: String? = nil, version: Int, type: String? = nil,
        isDeleted: Bool = false, upgradeStatus: String? = nil
    ) {
        self.id = id
        self.name = name
        self.slug = slug
        self.organization = organization
        self.version = version
        self.type = type
        self.isDeleted = isDeleted
        self.upgradeStatus = upgradeStatus
    }

    package var storage: Storage { version >= 3 ? .kms : .legacy }

    package var holdsSecrets: Bool { type == nil || type == "secret-manager" }

    /// Whether an upgrade to version 3 stopped halfway: what the project's version names is still what counts.
    package var isHalfUpgraded: Bool { upgradeStatus == "IN_PROGRESS" || upgradeStatus == "FAILED" }
}
