/// A key that the environment's own key leads to, past the KMS: that of a version-1/2 project, in a NaCl box, or that
/// of an organization's bot.
package struct LegacyKey: Sendable {
    /// A project key, boxed for a key pair whose private half is a value of the legacy tier.
    package struct Box: Sendable {
        /// Base64 each.
        package let ciphertext: String
        package let nonce: String
        /// nil where the sender's row is gone.
        package let senderPublicKey: String?

        package init(ciphertext: String, nonce: String, senderPublicKey: String?) {
            self.ciphertext = ciphertext
            self.nonce = nonce
            self.senderPublicKey = senderPublicKey
        }
    }

    package let owner: KeyChain.Sealer
    package let place: KeyChain.Place
    /// The private key of the box, or the bot's key itself; under the environment's key. nil where the project has
    /// no key that a server can use.
    package let sealed: KeySamples.Triple?
    /// nil for an organization's bot.
    package let box: Box?
    /// Whether another way to the same key was taken, because the project has no usable bot: what does not open then
    /// proves nothing, because people's own passwords may be what it needs.
    package let isFallback: Bool

    package init(
        owner: KeyChain.Sealer, place: KeyChain.Place, sealed: KeySamples.Triple?, box: Box?, isFallback: Bool = false
    ) {
        self.owner = owner
        self.place = place
        self.sealed = sealed
        self.box = box
        self.isFallback = isFallback
    }
}
