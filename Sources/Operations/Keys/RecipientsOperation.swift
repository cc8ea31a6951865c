import Age
import DurableFiles
import InstanceAccess
package import Repository
import Settings

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

    /// What to know before the recipients are changed to these.
    ///
    /// - Throws: whatever keeps the change from being made, as far as that can be seen beforehand.
    package func notes(_ recipients: [String]) throws -> [String] {
        _ = try RecipientsOperation.parsed(recipients)
        let repository = try workplace.repository()
        _ = try repository.writingKeys()
        var notes: [String] = []
        if let path = workplace.identityPath(repository, override: nil),
            let identities = try workplace.openIdentities(repository), try !identities.isOne(of: recipients)
        {
            notes.append("the identity on this host, \(path), will no longer open the repository")
        }
        let configured = workplace.configuration.recipients
        if !configured.isEmpty, Set(configured) != Set(recipients),
            let origin = workplace.configuration[.recipients]?.origin
        {
            notes.append("repository.recipients (\(origin)) still names others; change it too")
        }
        return notes
    }

    /// Opens and seals all that would be replaced, and replaces nothing.
    ///
    /// - Throws: whatever the change would.
    package func rehearse(to recipients: [String]) throws {
        let repository = try workplace.repository()
        let identities = try workplace.requireIdentities(repository, override: identityFile)
        try RecipientChange(repository: repository, clock: workplace.surroundings.clock).prepare(
            recipients: try RecipientsOperation.parsed(recipients), identities: identities.all,
            source: identities.source)
        try repository.files.requireWritable(repository.layout.keys)
    }

    /// Seals every key file to exactly these recipients.
    package func change(to recipients: [String]) throws {
        let parsed = try RecipientsOperation.parsed(recipients), repository = try workplace.repository()
        let identities = try workplace.requireIdentities(repository, override: identityFile)
        let lock = try workplace.lockRepository(repository, .exclusive, for: "repository recipients")
        // Read again under the lock: another run may have changed the keyring meanwhile.
        try RecipientChange(repository: try workplace.repository(), clock: workplace.surroundings.clock).perform(
            recipients: parsed, identities: identities.all, source: identities.source)
        lock.release()
    }

    private static func parsed(_ recipients: [String]) throws -> [AgeRecipient] {
        var seen: Set<String> = []
        return try recipients.filter { seen.insert($0).inserted }.map { try AgeRecipient($0) }
    }

    /// Throws whatever keeps a new generation from being started, as far as that can be seen beforehand.
    package func requireRekey() throws {
        let repository = try workplace.repository()
        _ = try repository.writingSigner()
        for folder in [repository.layout.keys, repository.host.folder] { try repository.files.requireWritable(folder) }
    }

    /// Starts a new generation; the next backup is full.
    package func rekey() throws -> Keyring.Generation {
        let repository = try workplace.repository()
        let lock = try workplace.lockRepository(repository, .exclusive, for: "repository rekey")
        let locked = try workplace.repository()
        let generation = try RecipientChange(repository: locked, clock: workplace.surroundings.clock).rekey(
            recipients: try locked.keyring.recipients.map { try AgeRecipient($0) })
        lock.release()
        return generation
    }
}
