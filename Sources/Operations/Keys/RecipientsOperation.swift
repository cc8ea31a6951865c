import Age
import DurableFiles
package import Repository

/// Changes who can read the repository, or starts a new key generation.
package struct RecipientsOperation {
    private let workplace: Workplace
    private let identityFile: String?

    package init(_ workplace: Workplace, identityFile: String?) {
        self.workplace = workplace
        self.identityFile = identityFile
    }

    /// The recipients that the key files are sealed to now.
    package func current() throws -> [String] { try workplace.repository().keyring.recipients }

    /// Seals every key file to exactly these recipients.
    package func change(to recipients: [String]) throws {
        let parsed = try recipients.map { try AgeRecipient($0) }
        let repository = try workplace.repository()
        let identities = try workplace.requireIdentities(repository, override: identityFile)
        let lock = try workplace.lockRepository(repository, .exclusive, for: "repository recipients")
        // Read again under the lock: another run may have changed the keyring meanwhile.
        try RecipientChange(repository: try workplace.repository(), clock: workplace.surroundings.clock).perform(
            recipients: parsed, identities: identities.all, source: identities.source)
        try lock.release()
    }

    /// Starts a new generation; the next backup is full.
    package func rekey() throws -> Keyring.Generation {
        let repository = try workplace.repository()
        let lock = try workplace.lockRepository(repository, .exclusive, for: "repository rekey")
        let locked = try workplace.repository()
        let generation = try RecipientChange(repository: locked, clock: workplace.surroundings.clock).rekey(
            recipients: try locked.keyring.recipients.map { try AgeRecipient($0) })
        try lock.release()
        return generation
    }
}
