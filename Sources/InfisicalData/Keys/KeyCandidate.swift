package import Secrets

/// A key of 32 bytes that an environment resolves to, not yet known to open anything.
package struct KeyCandidate: Sendable {
    package let source: KeySource
    package let key: Secret
    /// The key's label (`KEKLabel`), safe to print.
    package let label: String

    package init(source: KeySource, key: Secret) {
        self.source = source
        self.key = key
        label = KEKLabel.of(key)
    }
}
