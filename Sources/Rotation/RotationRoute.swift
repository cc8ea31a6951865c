/// What is rotated, as far as the order of the steps depends on it.
package enum RotationRoute: String, Codable, CaseIterable, Sendable {
    /// The key that encrypts the database, with every instance stopped and the database closed to everybody else.
    case encryptionKey = "encryption-key"
    /// The same the way the newest servers do it themselves: the new key is staged, and they take it over when they start.
    case stagedKey = "staged-encryption-key"
    /// The secret that signs tokens; nothing in the database depends on it.
    case authSecret = "auth-secret"
    /// The password of the role that the backend connects as.
    case databasePassword = "database-password"

    /// Whether values of the database change with it.
    package var migratesData: Bool { self == .encryptionKey || self == .stagedKey }
}
