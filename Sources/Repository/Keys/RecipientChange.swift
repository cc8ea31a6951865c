package import Age
import Crypto
import DurableFiles
package import Effects
import Secrets

/// Changes who can read a repository, without touching a single chunk.
package struct RecipientChange {
    private let repository: Repository
    private let signer: Signer
    private let clock: any Clock

    /// - Throws: `hostKeysMissing` when this host cannot sign for the repository.
    package init(repository: Repository, clock: any Clock) throws {
        self.repository = repository
        self.clock = clock
        signer = try repository.writingKeys().signer
    }

    /// Seals every key file to `recipients`, which replace the ones before.
    ///
    /// Each file is replaced whole, the keyring last; a run that was cut off is finished by running it again. Somebody
    /// who kept a copy of an old key file still opens it: only `rekey` shuts a former recipient out of new backups.
    package func perform(recipients: [AgeRecipient], identities: [AgeIdentity], source: String) throws {
        guard !recipients.isEmpty else { throw RepositoryFault.noRecipients }
        try sealAll(to: recipients, identities, source)
        var keyring = repository.keyring
        keyring.revision += 1
        keyring.recipients = recipients.compactMap(\.text)
        try publish(keyring)
    }

    /// Starts a new generation: new identity, new id key, sealed to `recipients`. The next backup is then full.
    package func rekey(recipients: [AgeRecipient]) throws -> Keyring.Generation {
        guard !recipients.isEmpty else { throw RepositoryFault.noRecipients }
        var keyring = repository.keyring
        let number = (keyring.generations.map(\.number).max() ?? 0) + 1
        let creation = RepositoryCreation(
            path: repository.layout.root, stateFolder: "", files: repository.files, clock: clock)
        let generation = try creation.newGeneration(
            number, host: repository.host, layout: repository.layout, recipients: recipients)
        keyring.revision += 1
        keyring.current = number
        keyring.generations.append(generation)
        try publish(keyring)
        return generation
    }

    private func sealAll(to recipients: [AgeRecipient], _ identities: [AgeIdentity], _ source: String) throws {
        let layout = repository.layout
        let sealing = KeySealing(recipients: recipients, layout: layout, files: repository.files)
        // Open everything before anything is replaced: an identity that opens only some changes nothing.
        var opened: [(path: String, key: Secret)] = []
        for entry in try repository.files.list(layout.keys) where entry.name.hasSuffix(".age") {
            let path = layout.keys + "/" + entry.name
            opened.append((path, try repository.open(path, identities, source)))
        }
        for (path, key) in opened { try sealing.seal(key, at: path) }
    }

    private func publish(_ keyring: Keyring) throws {
        try KeyringStore.publish(
            keyring, signer: signer, layout: repository.layout, files: repository.files)
        if var memory = try repository.host.memory() {
            memory.keyringRevision = keyring.revision
            try repository.host.remember(memory)
        }
    }
}
