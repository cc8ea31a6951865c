/// A place that a key may come from, with the keys found there.
package struct KeyHolder: Sendable {
    /// As it reads in a sentence: `the env file /srv/infisical/.env`, `the running container infisical-backend`.
    package let name: String
    package let keys: EnvironmentKeys

    package init(name: String, keys: EnvironmentKeys) {
        self.name = name
        self.keys = keys
    }
}

/// A key that opened something, and where it came from.
package struct KeyUse: Sendable, Hashable {
    /// The key's label (`KEKLabel`).
    package let label: String
    /// The name of the holder.
    package let holder: String
    package let source: KeySource

    package init(label: String, holder: String, source: KeySource) {
        self.label = label
        self.holder = holder
        self.source = source
    }

    /// `ENCRYPTION_KEY of the env file /srv/infisical/.env (label 64d84174…)`.
    package var text: String { "\(source.variable) of \(holder) (label \(label))" }
}
