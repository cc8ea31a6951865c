import Age
import Crypto
import DurableFiles
import Secrets

/// Seals key files to a set of recipients.
struct KeySealing {
    let recipients: [AgeRecipient]
    let layout: RepositoryLayout
    let files: Files

    func sealed(_ key: Secret) throws -> [UInt8] { try Age.seal(key, to: recipients, armored: true) }

    /// - Returns: what the keyring records of the file.
    func publish(_ key: Secret, at path: String) throws -> KeyFileRecord {
        let bytes = try sealed(key)
        try files.publish(bytes, at: path)
        return KeyFileRecord(name: Files.name(of: path), sha256: SHA256.hash(bytes).hex)
    }
}

/// A sealed file of `keys/` as the keyring records it.
struct KeyFileRecord {
    let name: String
    let sha256: String
}

extension Repository {
    /// What is wrong with the bytes of a sealed key file, if something is.
    ///
    /// Anybody can seal a key of their own to the recipients, which are public: only the signed keyring says which files
    /// are ours.
    func fault(inKeyFile name: String, _ bytes: [UInt8]) -> RepositoryFault? {
        let path = layout.relative(layout.keys + "/" + name)
        if bytes.isEmpty { return .malformed(path: path, reason: "it is empty") }
        guard let accepted = keyring.files[name] else {
            return .malformed(path: path, reason: "the keyring does not name it")
        }
        if accepted.contains(SHA256.hash(bytes).hex) { return nil }
        return .malformed(path: path, reason: "its bytes do not have the recorded SHA-256")
    }

    /// Opens a sealed file of `keys/`.
    ///
    /// - Throws: `missing`, `malformed`, `identityOpensNothing`.
    func open(_ path: String, _ identities: [AgeIdentity], _ source: String) throws -> Secret {
        let bytes = try read(path, limit: 1 << 20)
        if let fault = fault(inKeyFile: Files.name(of: path), bytes) { throw fault }
        return try unseal(bytes, identities, source)
    }

    func unseal(_ bytes: [UInt8], _ identities: [AgeIdentity], _ source: String) throws -> Secret {
        do { return try Age.open(bytes, identities: identities) } catch AgeFault.noMatch {
            throw RepositoryFault.identityOpensNothing(file: source)
        }
    }

    /// Replaces sealed key files so that at every moment the newest keyring vouches for what lies there: first it
    /// names both forms of each file, then the files change, then it names the new form alone.
    ///
    /// - Parameters:
    ///   - keyring: with everything else that changes.
    ///   - done: names of files that an earlier run, which was cut off, had replaced already.
    func replaceKeyFiles(
        _ replacements: [(name: String, bytes: [UInt8])], done: [String] = [], keyring: Keyring, signer: Signer
    ) throws {
        var keyring = keyring
        for (name, bytes) in replacements {
            let sha256 = SHA256.hash(bytes).hex
            keyring.files[name] = (keyring.files[name] ?? []).filter { $0 != sha256 } + [sha256]
        }
        try publish(&keyring, signer)
        for (name, bytes) in replacements { try files.publish(bytes, at: layout.keys + "/" + name) }
        for name in replacements.map(\.name) + done { keyring.files[name] = keyring.files[name]?.suffix(1) }
        try publish(&keyring, signer)
    }

    /// Publishes the next revision of the keyring and remembers it.
    func publish(_ keyring: inout Keyring, _ signer: Signer) throws {
        keyring.revision += 1
        try KeyringStore.publish(keyring, signer: signer, layout: layout, files: files)
        if var memory = try host.memory() {
            memory.keyringRevision = keyring.revision
            try host.remember(memory)
        }
    }
}
