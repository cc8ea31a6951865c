package import Age
import Crypto
import DurableFiles
import Faults
package import Secrets

/// What it takes to write backups on this host; the identity is not part of it.
package struct WritingKeys: Sendable {
    package let signer: Signer
    package let idKey: Secret
    package let generation: Keyring.Generation
    /// The recipient that chunks are sealed to.
    package let recipient: AgeRecipient
    /// The armored age file that opens into the repository's identity, for the manifest.
    package let sealedIdentity: String
}

/// What it takes to read the backups of one key generation.
package struct ReadingKeys: Sendable {
    package let identity: AgeIdentity
    package let idKey: Secret

    package init(identity: AgeIdentity, idKey: Secret) {
        self.identity = identity
        self.idKey = idKey
    }
}

extension Repository {
    /// This host's signer, if it is one that counts.
    ///
    /// - Throws: `hostKeysMissing`, `signerUnknown`.
    package func writingSigner() throws -> Signer {
        guard let signer = try host.signer() else { throw RepositoryFault.hostKeysMissing(folder: host.folder) }
        guard signers.keys.contains(signer.publicKey) else {
            throw RepositoryFault.signerUnknown(pinned: signer.fingerprint)
        }
        return signer
    }

    /// That this host has not the keys that a backup takes; nil where they are all here.
    package func hostKeyLoss() throws -> RepositoryFault? {
        do {
            _ = try writingSigner()
            return try host.idKey(generation: keyring.current) == nil ? .hostKeysMissing(folder: host.folder) : nil
        } catch let fault as RepositoryFault { return fault }
    }

    /// The keys for a backup on this host.
    ///
    /// - Parameter inventory: the backups so far, which have the sealed identity too, should the one in `keys/` be
    ///   lost.
    /// - Throws: `hostKeysMissing` when they are not all here.
    package func writingKeys(_ inventory: Inventory? = nil) throws -> WritingKeys {
        let signer = try writingSigner()
        guard let generation = keyring.generation(keyring.current),
            let idKey = try host.idKey(generation: keyring.current)
        else { throw RepositoryFault.hostKeysMissing(folder: host.folder) }
        return WritingKeys(
            signer: signer, idKey: idKey, generation: generation, recipient: try AgeRecipient(generation.recipient),
            sealedIdentity: try sealedIdentity(generation.number, inventory))
    }

    private func sealedIdentity(_ generation: Int, _ inventory: Inventory?) throws -> String {
        let path = layout.identity(generation: generation)
        do {
            let bytes = try read(path, limit: 1 << 20)
            if let fault = fault(inKeyFile: Files.name(of: path), bytes) { throw fault }
            return String(decoding: bytes, as: UTF8.self)
        } catch let fault as RepositoryFault {
            guard let kept = inventory?.sealedIdentity(generation: generation) else { throw fault }
            return kept
        }
    }

    /// Opens the keys of a generation with the user's identities.
    ///
    /// - Parameters:
    ///   - fallback: the sealed identity in a manifest, tried where the one in `keys/` is lost or damaged.
    ///   - source: where the identities came from, for the error.
    /// - Throws: `identityOpensNothing`.
    package func readingKeys(
        generation: Int, identities: [AgeIdentity], source: String, fallback: String? = nil
    ) throws -> ReadingKeys {
        let identity = try openIdentity(generation, identities, source, fallback)
        if let kept = try host.idKey(generation: generation) { return ReadingKeys(identity: identity, idKey: kept) }
        let path = layout.idKey(generation: generation)
        let idKey = try HexKey.decode(try open(path, identities, source), path: layout.relative(path))
        return ReadingKeys(identity: identity, idKey: idKey)
    }

    private func openIdentity(
        _ generation: Int, _ identities: [AgeIdentity], _ source: String, _ fallback: String?
    ) throws -> AgeIdentity {
        let path = layout.identity(generation: generation)
        let text: Secret
        do { text = try open(path, identities, source) } catch let fault as RepositoryFault {
            // Somebody who is no recipient any more is not let in by what a manifest kept.
            guard let fallback, fault.exit == .damaged else { throw fault }
            text = try unseal(Array(fallback.utf8), identities, source)
        }
        guard let identity = try AgeIdentityFile.parse(text).first else {
            throw RepositoryFault.malformed(path: layout.relative(path), reason: "it holds no identity")
        }
        return identity
    }
}

extension Inventory {
    /// The newest copy of a generation's sealed identity in a manifest.
    func sealedIdentity(generation: Int) -> String? {
        entries.last { $0.manifest.key.generation == generation }?.manifest.key.identity
    }
}
