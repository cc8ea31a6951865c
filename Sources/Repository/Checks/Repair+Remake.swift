import Age
import Crypto
import DurableFiles
import Secrets

/// Writes files again that need nothing but what this host, the manifests and this program hold.
extension Repair {
    func remake(_ path: String) throws {
        let layout = repository.layout
        if path == layout.relative(layout.allowedSigners) { return try remakeSigners() }
        guard path.hasPrefix("keys/") else {
            try RecoveryFiles.write(layout: layout, files: repository.files)
            return
        }
        let name = Files.name(of: path)
        for generation in repository.keyring.generations.map(\.number) {
            if path == layout.relative(layout.identity(generation: generation)) {
                return try remakeIdentity(generation, name)
            }
            if path == layout.relative(layout.idKey(generation: generation)) {
                return try reseal(try repository.host.idKey(generation: generation), name)
            }
        }
        for line in repository.signers.lines where path == layout.relative(layout.signingKey(line: line.number)) {
            // The seed that this host holds is that of one line only.
            let isOurs = try repository.host.signer()?.publicKey == line.key
            return try reseal(isOurs ? repository.host.signingSeed() : nil, name)
        }
        throw RepositoryFault.notRemakable(path: path)
    }

    /// Only its owner can open the identity, but the manifests have it sealed already.
    private func remakeIdentity(_ generation: Int, _ name: String) throws {
        let copies = inventory.entries.reversed().map(\.manifest.key).filter { $0.generation == generation }.map {
            Array($0.identity.utf8)
        }
        if let whole = copies.first(where: { repository.fault(inKeyFile: name, $0) == nil }) {
            try repository.files.publish(whole, at: repository.layout.keys + "/" + name)
        } else if let newest = copies.first {
            // The recipients changed since the last backup. This is sealed to those before them, who can still read
            // the repository and run `repository recipients` again.
            try replace(name, newest)
        } else {
            throw RepositoryFault.notRemakable(path: "keys/" + name)
        }
    }

    private func reseal(_ key: Secret?, _ name: String) throws {
        guard let key else { throw RepositoryFault.hostKeysMissing(folder: repository.host.folder) }
        let sealing = KeySealing(
            recipients: try repository.keyring.recipients.map { try AgeRecipient($0) }, layout: repository.layout,
            files: repository.files)
        try replace(name, try sealing.sealed(HexKey.encode(key)))
    }

    private func replace(_ name: String, _ bytes: [UInt8]) throws {
        // As it is now: another file of the same plan may have made a new revision.
        let keyring = try KeyringStore.load(
            repository.layout, repository.files, repository.signers, repository: repository.description.id)
        try repository.replaceKeyFiles([(name, bytes)], keyring: keyring, signer: try repository.writingSigner())
    }

    /// Leaves lines empty that nobody vouches for: the numbers of the others mean something.
    private func remakeSigners() throws {
        let layout = repository.layout
        let strangers = Set(repository.signers.strangers.map(\.number))
        let all = try TrustedSigners.lines(
            try repository.read(layout.allowedSigners, limit: 1 << 20), name: layout.relative(layout.allowedSigners))
        var text: [UInt8] = [], number = 1
        for line in all where !strangers.contains(line.number) {
            text += Array(repeating: UInt8(ascii: "\n"), count: line.number - number) + line.bytes
            text.append(UInt8(ascii: "\n"))
            number = line.number + 1
        }
        try repository.files.publish(text, at: layout.allowedSigners)
    }
}
