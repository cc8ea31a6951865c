package import Age
import Crypto
package import DurableFiles
package import Effects
import Secrets

/// Makes a repository, or makes an existing one usable on this host.
package struct RepositoryCreation {
    package let path: String
    package let stateFolder: String
    package let files: Files
    package let clock: any Clock

    package init(path: String, stateFolder: String, files: Files, clock: any Clock) {
        self.path = path
        self.stateFolder = stateFolder
        self.files = files.confined(to: [path, stateFolder])
        self.clock = clock
    }

    /// Makes a new repository whose keys are sealed to `recipients`.
    ///
    /// What makes the folder a repository, `repository.json`, is written last: a run that was cut off leaves nothing
    /// that looks like one, and the next run starts over.
    ///
    /// - Parameter id: from `newID()`; known beforehand so that the identity can be made first.
    /// - Returns: fingerprint of the signer to pin.
    package func create(id: String, recipients: [AgeRecipient]) throws -> String {
        guard !recipients.isEmpty else { throw RepositoryFault.noRecipients }
        let layout = RepositoryLayout(root: path)
        guard try files.status(layout.description) == nil else { throw RepositoryFault.alreadyThere(path: path) }
        try refuseRemains()
        for folder in layout.folders { try files.createFolder(folder) }
        try ChunkStore(layout: layout, files: files).prepare()

        let host = HostState(stateFolder: stateFolder, repository: id, files: files)
        let seed = try Random.secret(count: 32)
        let signer = try Signer(seed: seed), now = clock.now().iso8601
        try host.keep(signingSeed: seed)
        try files.publish(
            Array((signer.allowedSignersLine(comment: "since-\(now)") + "\n").utf8), at: layout.allowedSigners)
        let signingKey = try KeySealing(recipients: recipients, layout: layout, files: files).publish(
            HexKey.encode(seed), at: layout.signingKey(line: 1))

        let (generation, records) = try newGeneration(
            1, created: now, host: host, layout: layout, recipients: recipients)
        let keyring = Keyring(
            repository: id, revision: 1, current: 1, generations: [generation],
            recipients: recipients.compactMap(\.text),
            files: Dictionary(uniqueKeysWithValues: (records + [signingKey]).map { ($0.name, [$0.sha256]) }))
        // A run that was cut off may have left revision 1 of its own.
        if try files.status(layout.keyring(revision: 1)) != nil { try files.remove(layout.keyring(revision: 1)) }
        try KeyringStore.publish(keyring, signer: signer, layout: layout, files: files)
        try host.remember(
            HostState.Memory(signer: signer.fingerprint, sequence: 0, keyringRevision: keyring.revision))
        try RecoveryFiles.write(layout: layout, files: files)
        try files.publish(
            try StoredJSON.encode(RepositoryDescription(id: id, created: now)), at: layout.description)
        return signer.fingerprint
    }

    /// Refuses a folder with backups whose `repository.json` is gone: new keys would replace those that read them.
    package func refuseRemains() throws {
        let layout = RepositoryLayout(root: path)
        let backups = try StoredFile.list(layout.backups, layout, files)
        if !backups.isEmpty { throw RepositoryFault.remains(path: path) }
    }

    /// A new repository id: 32 random hex digits.
    package static func newID() throws -> String {
        Hex.encode(try Random.bytes(count: 16))
    }

    /// Makes the identity and the id key of a generation, and seals both.
    func newGeneration(
        _ number: Int, created: String, host: HostState, layout: RepositoryLayout, recipients: [AgeRecipient]
    ) throws -> (Keyring.Generation, [KeyFileRecord]) {
        let identity = try AgeIdentity.generate(), idKey = try Random.secret(count: 32)
        let sealing = KeySealing(recipients: recipients, layout: layout, files: files)
        let records = [
            try sealing.publish(try AgeIdentityFile.render(identity), at: layout.identity(generation: number)),
            try sealing.publish(HexKey.encode(idKey), at: layout.idKey(generation: number)),
        ]
        try host.keep(idKey: idKey, generation: number)
        let generation = Keyring.Generation(
            number: number, recipient: try identity.recipient().text ?? "", created: created)
        return (generation, records)
    }

    /// Makes an existing repository usable on this host: keys out of `keys/` with the identity, memory as it is now.
    ///
    /// - Parameter pinned: the fingerprint that the operator read off the recovery sheet and now vouches for.
    /// - Returns: whether the host lacked anything of it.
    @discardableResult
    package func adopt(pinned: String, identities: [AgeIdentity], source: String) throws -> Bool {
        let found = try adoptable(pinned: pinned, identities: identities, source: source), host = found.repository.host
        try host.keep(signingSeed: found.seed)
        for (generation, key) in found.idKeys { try host.keep(idKey: key, generation: generation) }
        try host.remember(
            HostState.Memory(
                signer: pinned, sequence: found.newest, keyringRevision: found.repository.keyring.revision))
        return found.isNew
    }

    /// Throws whatever `adopt` would, and keeps nothing.
    package func requireAdoptable(pinned: String, identities: [AgeIdentity], source: String) throws {
        let found = try adoptable(pinned: pinned, identities: identities, source: source)
        try files.requireWritable(found.repository.host.folder)
    }

    private struct Adoptable {
        let repository: Repository
        let seed: Secret
        let idKeys: [(generation: Int, key: Secret)]
        /// Number of the newest backup; 0 without one.
        let newest: Int
        /// Whether the host lacks anything of it.
        let isNew: Bool
    }

    private func adoptable(pinned: String, identities: [AgeIdentity], source: String) throws -> Adoptable {
        // What this host believed before no longer counts, but it stays until everything was found to be in order.
        let repository = try Repository(
            path: path, stateFolder: stateFolder, pinned: pinned, files: files, remembering: false)
        let layout = repository.layout, host = repository.host
        guard let newest = repository.signers.lines.last else {
            throw RepositoryFault.signerUnknown(pinned: pinned)
        }
        let signingKey = layout.signingKey(line: newest.number)
        let seed = try HexKey.decode(
            try repository.open(signingKey, identities, source), path: layout.relative(signingKey))
        guard try Signer(seed: seed).publicKey == newest.key else {
            throw RepositoryFault.malformed(
                path: layout.relative(signingKey), reason: "it is not the key in keys/allowed_signers")
        }
        var idKeys: [(generation: Int, key: Secret)] = []
        for generation in repository.keyring.generations {
            let path = layout.idKey(generation: generation.number)
            let key = try HexKey.decode(try repository.open(path, identities, source), path: layout.relative(path))
            idKeys.append((generation.number, key))
        }
        let inventory = try Inventory(repository)
        return Adoptable(
            repository: repository, seed: seed, idKeys: idKeys, newest: inventory.end?.manifest.sequence ?? 0,
            isNew: !holds(host, pinned: pinned, newest.key, generations: idKeys.map(\.generation)))
    }

    /// Whether the host has the keys already; one whose files cannot be read lacks them.
    private func holds(_ host: HostState, pinned: String, _ key: SSHKey, generations: [Int]) -> Bool {
        do {
            guard try host.memory()?.signer == pinned, try host.signer()?.publicKey == key else { return false }
            return try generations.allSatisfy { try host.idKey(generation: $0) != nil }
        } catch { return false }
    }
}
