package import Secrets

/// A secret as it is written out.
package struct ExportedSecret: Sendable {
    package let id: String
    package let key: String
    package let value: Secret
    package let type: SecretType
    /// Where it is from: for an imported one the place that the import names.
    package let environment: String
    package let path: String
    /// The folder that was exported, which imported it if it is from elsewhere.
    package let folder: String
    package let isImported: Bool
    package let comment: Secret
    package let tags: [String]
    package let version: Int
    package let skipsMultilineEncoding: Bool
    /// Values from the first version on, where they were asked for.
    package var versions: [SecretVersion]?

    package init(
        id: String, key: String, value: Secret, type: SecretType = .shared, environment: String, path: String,
        folder: String? = nil, isImported: Bool = false, comment: Secret? = nil, tags: [String] = [],
        version: Int = 1, skipsMultilineEncoding: Bool = false, versions: [SecretVersion]? = nil
    ) {
        self.id = id
        self.key = key
        self.value = value
        self.type = type
        self.environment = environment
        self.path = path
        self.folder = folder ?? path
        self.isImported = isImported
        self.comment = comment ?? Secret(count: 0) { _ in }
        self.tags = tags
        self.version = version
        self.skipsMultilineEncoding = skipsMultilineEncoding
        self.versions = versions
    }
}
