/// How far down the keys are exchanged.
package enum RekeyingDepth: String, Sendable, CaseIterable, Codable {
    /// Everything that the environment's keys seal, residue included.
    case full
    /// The same, and a new KMS root key with everything under it.
    case deep
    /// The same, and new KMS keys, data keys and project keys with every value under them.
    case rekey
}
