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
        signer = try repository.writingSigner()
    }

    /// Seals every key file to `recipients`, which replace the ones before.
    ///
    /// A run that was cut off is finished by running it again. Somebody who kept a copy of an old key file still opens
    /// it: only `rekey` shuts a former recipient out of new backups.
    package func perform(recipients: [AgeRecipient], identities: [AgeIdentity], source: String) throws {
        let (replacements, done) = try prepare(recipients: recipients, identities: identities, source: source)
        var keyring = repository.keyring
        keyring.recipients = recipients.compactMap(\.text)
        try repository.replaceKeyFiles(replacements, done: done, keyring: keyring, signer: signer)
    }

    /// Opens and seals every key file, and replaces none.
    ///
    /// - Returns: the key files with their new form, and the names of those that have it already.
    /// - Throws: whatever keeps the change from being made.
    @discardableResult
    package func prepare(
        recipients: [AgeRecipient], identities: [AgeIdentity], source: String
    ) throws -> (replacements: [(name: String, bytes: [UInt8])], done: [String]) {
        guard !recipients.isEmpty else { throw RepositoryFault.noRecipients }
        let layout = repository.layout
        let sealing = KeySealing(recipients: recipients, layout: layout, files: repository.files)
        let keyring = repository.keyring
        let wanted = recipients.compactMap(\.text)
        // Open everything before anything is replaced: an identity that opens only some changes nothing.
        var replacements: [(name: String, bytes: [UInt8])] = [], done: [String] = []
        for (name, accepted) in keyring.files.sorted(by: { $0.key < $1.key }) {
            let path = layout.keys + "/" + name
            // A run that was cut off behind this file left it sealed to the new recipients, whose identities the
            // operator may not have.
            if keyring.recipients == wanted, accepted.count > 1, let last = accepted.last,
                SHA256.hash(try repository.read(path, limit: 1 << 20)).hex == last
            {
                done.append(name)
            } else {
                replacements.append((name, try sealing.sealed(try repository.open(path, identities, source))))
            }
        }
        return (replacements, done)
    }

    /// Starts a new generation: new identity, new id key, sealed to `recipients`. The next backup is then full.
    package func rekey(recipients: [AgeRecipient]) throws -> Keyring.Generation {
        guard !recipients.isEmpty else { throw RepositoryFault.noRecipients }
        var keyring = repository.keyring
        let number = (keyring.generations.map(\.number).max() ?? 0) + 1
        let creation = RepositoryCreation(
            path: repository.layout.root, stateFolder: "", files: repository.files, clock: clock)
        let (generation, records) = try creation.newGeneration(
            number, created: clock.now().iso8601, host: repository.host, layout: repository.layout,
            recipients: recipients)
        keyring.current = number
        keyring.generations.append(generation)
        for record in records { keyring.files[record.name] = [record.sha256] }
        try repository.publish(&keyring, signer)
        return generation
    }
}
