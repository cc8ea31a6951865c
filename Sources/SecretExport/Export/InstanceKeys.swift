package import Secrets

/// The instance's own keys and passwords, of which an export writes only those in force.
///
/// People store them as secrets inside Infisical, and start scripts load them from what is exported: an old key that comes
/// back that way keeps the instance from starting.
package struct InstanceKeys: Sendable {
    /// One of them.
    package struct Key: Sendable {
        /// The names of variables that mean this key; others with such a value are it all the same.
        package let names: [String]
        /// nil where it is not known.
        package let inForce: Secret?
        /// Values that were in force before, or are prepared.
        package let others: [Secret]

        package init(names: [String], inForce: Secret?, others: [Secret] = []) {
            self.names = names
            self.inForce = inForce
            self.others = others
        }
    }

    /// A secret that is left out.
    package struct LeftOut: Sendable, Equatable {
        package enum Reason: Sendable, Equatable {
            /// Its value is a key that is not in force.
            case isOtherKey
            /// It is named like a key, and its value is not known to be the one in force.
            case namedLikeKey
        }

        package let key: String
        package let path: String
        package let reason: Reason
    }

    private let keys: [Key]

    package init(_ keys: [Key]) { self.keys = keys }

    /// The names that the usage guide gives to the variables. The plain ones belong to other services of that stack, so
    /// they count only where the instance itself reads them.
    package static let guideNames = (
        encryptionKey: "INFISICAL_ENCRYPTION_KEY", rootEncryptionKey: "INFISICAL_ROOT_ENCRYPTION_KEY",
        authSecret: "INFISICAL_AUTH_SECRET", databasePassword: "INFISICAL_POSTGRES_PASSWORD"
    )

    /// What is written, and what is left out and named.
    package func filter(_ secrets: [ExportedSecret]) -> (kept: [ExportedSecret], leftOut: [LeftOut]) {
        var kept: [ExportedSecret] = [], leftOut: [LeftOut] = []
        for secret in secrets {
            if let reason = reason(secret) {
                leftOut.append(LeftOut(key: secret.key, path: secret.path, reason: reason))
            } else {
                kept.append(secret)
            }
        }
        return (kept, leftOut)
    }

    private func reason(_ secret: ExportedSecret) -> LeftOut.Reason? {
        // Infisical reads its environment without white space at the ends.
        let value = secret.value.trimmed()
        if let key = keys.first(where: { $0.names.contains(secret.key) }) {
            return key.inForce.map { value.equals($0.trimmed()) } ?? false ? nil : .namedLikeKey
        }
        if value.count == 0 { return nil }
        if keys.contains(where: { $0.inForce.map { value.equals($0.trimmed()) } ?? false }) { return nil }
        return keys.contains { $0.others.contains { value.equals($0.trimmed()) } } ? .isOtherKey : nil
    }
}

extension Export {
    /// Leaves out the instance's own keys that are not in force.
    package mutating func leaveOut(_ keys: InstanceKeys) -> [InstanceKeys.LeftOut] {
        let (kept, leftOut) = keys.filter(secrets)
        secrets = kept
        return leftOut
    }
}
