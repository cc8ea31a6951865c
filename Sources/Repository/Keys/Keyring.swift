/// `keys/keyring-<revision>.json`: the generations of repository keys and who can open them. Signed by the current signer.
///
/// A host trusts the recipient that new chunks are sealed to only through this signature: whoever can write to the
/// repository's disk could otherwise have the next backup sealed to a key of their own.
package struct Keyring: Codable, Sendable, Equatable {
    package static let schema = "infisical-ops/keyring/1"

    package var schema = Keyring.schema
    package var repository: String
    /// Counts every change; a host refuses to go back.
    package var revision: Int
    /// Number of the generation that new chunks are sealed to.
    package var current: Int
    package var generations: [Generation]
    /// The age recipients that the files in `keys/` are sealed to.
    package var recipients: [String]
    /// SHA-256 of every sealed file in `keys/`, by its name. While such a file is being replaced two: of the old one
    /// and, last, of the new one.
    package var files: [String: [String]]

    /// One repository identity and the id key that belongs to it. `rekey` starts a new one.
    package struct Generation: Codable, Sendable, Equatable {
        package var number: Int
        /// Public half of the identity, `age1…`.
        package var recipient: String
        package var created: String
        package init(number: Int, recipient: String, created: String) {
            self.number = number
            self.recipient = recipient
            self.created = created
        }
    }

    package init(
        repository: String, revision: Int, current: Int, generations: [Generation], recipients: [String],
        files: [String: [String]]
    ) {
        self.repository = repository
        self.revision = revision
        self.current = current
        self.generations = generations
        self.recipients = recipients
        self.files = files
    }

    /// The generation with this number.
    package func generation(_ number: Int) -> Generation? { generations.first { $0.number == number } }
}
