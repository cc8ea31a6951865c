package import Age
import Crypto
import DurableFiles
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
}

extension Repository {
    /// The keys for a backup on this host.
    ///
    /// - Throws: `hostKeysMissing` when they are not all here.
    package func writingKeys() throws -> WritingKeys {
        guard let signer = try host.signer(), let generation = keyring.generation(keyring.current),
            let idKey = try host.idKey(generation: keyring.current)
        else { throw RepositoryFault.hostKeysMissing(folder: host.folder) }
        guard signers.keys.contains(where: { $0.fingerprint == signer.fingerprint }) else {
            throw RepositoryFault.signerUnknown(pinned: signer.fingerprint, found: signers.keys.map(\.fingerprint))
        }
        let sealed = try files.read(layout.identity(generation: keyring.current), limit: 1 << 20)
        return WritingKeys(
            signer: signer, idKey: idKey, generation: generation, recipient: try AgeRecipient(generation.recipient),
            sealedIdentity: String(decoding: sealed, as: UTF8.self))
    }

    /// Opens the keys of a generation with the user's identities.
    ///
    /// - Parameters:
    ///   - fallback: the sealed identity in a manifest, tried where the one in `keys/` is lost.
    ///   - source: where the identities came from, for the error.
    /// - Throws: `identityOpensNothing`.
    package func readingKeys(
        generation: Int, identities: [AgeIdentity], source: String, fallback: String? = nil
    ) throws -> ReadingKeys {
        let identity = try openIdentity(generation, identities, source, fallback)
        let idKey: Secret
        if let kept = try host.idKey(generation: generation) {
            idKey = kept
        } else {
            let path = layout.idKey(generation: generation)
            idKey = try HexKey.decode(try open(path, identities, source), path: layout.relative(path))
        }
        return ReadingKeys(identity: identity, idKey: idKey)
    }

    private func openIdentity(
        _ generation: Int, _ identities: [AgeIdentity], _ source: String, _ fallback: String?
    ) throws -> AgeIdentity {
        let path = layout.identity(generation: generation)
        let text: Secret
        if let fallback, try files.status(path) == nil {
            text = try unseal(Array(fallback.utf8), identities, source)
        } else {
            text = try open(path, identities, source)
        }
        guard let identity = try AgeIdentityFile.parse(text).first else {
            throw RepositoryFault.malformed(path: layout.relative(path), reason: "it holds no identity")
        }
        return identity
    }

    /// Opens a sealed file of `keys/`.
    func open(_ path: String, _ identities: [AgeIdentity], _ source: String) throws -> Secret {
        guard try files.status(path) != nil else { throw RepositoryFault.missing(path: layout.relative(path)) }
        do { return try unseal(try files.read(path, limit: 1 << 20), identities, source) } catch let fault as AgeFault {
            throw RepositoryFault.malformed(path: layout.relative(path), reason: fault.message)
        }
    }

    private func unseal(_ bytes: [UInt8], _ identities: [AgeIdentity], _ source: String) throws -> Secret {
        do { return try Age.open(bytes, identities: identities) } catch AgeFault.noMatch {
            throw RepositoryFault.identityOpensNothing(file: source)
        }
    }
}
