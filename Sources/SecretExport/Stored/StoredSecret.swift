package import InfisicalTables
package import Secrets

/// Whose a value is.
package enum SecretType: String, Sendable {
    case shared
    /// One person's own, which stands beside the shared one.
    case personal
}

/// A secret as its row holds it, opened: nothing is expanded, nothing imported.
package struct StoredSecret: Sendable {
    package let id: String
    package let folder: RowID
    package let key: String
    package let type: SecretType
    /// The user of a personal one.
    package let user: RowID?
    package let value: Secret
    package let comment: Secret
    package let version: Int
    /// The flag `skipMultilineEncoding`; what it does is the opposite of its name.
    package let skipsMultilineEncoding: Bool
    /// Microseconds since 2000-01-01 00:00 UTC; nil where the source does not tell.
    package let createdAt: Int64?
    package let updatedAt: Int64?
    /// Slugs, sorted.
    package var tags: [String] = []
}

/// A row that no key at hand opens.
package struct UnopenedSecret: Sendable, Equatable {
    package let id: String
    package let folder: RowID
    /// nil where the name is sealed too.
    package let key: String?
}

/// An earlier value of a secret.
package struct SecretVersion: Sendable {
    package let version: Int
    /// nil where no key at hand opens it.
    package let value: Secret?
    /// Whether somebody blanked it; the value is empty then.
    package let isRedacted: Bool
    package let createdAt: Int64?
}
