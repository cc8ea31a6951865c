/// The repository's new key.
package struct RekeyResult: CommandResult {
    package let schema = "infisical-ops/repository-rekey/1"
    /// Number of the key generation, from 1.
    package let generation: Int
    /// `age1…`, to which chunks are encrypted from now on.
    package let recipient: String

    package init(generation: Int, recipient: String) {
        self.generation = generation
        self.recipient = recipient
    }
}
