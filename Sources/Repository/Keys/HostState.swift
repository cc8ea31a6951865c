package import DurableFiles
import FoundationEssentials
package import Secrets

/// What a host keeps about one repository outside of it: its keys, and what it has seen.
///
/// Everything is 0600 in a folder of its own (`<state folder>/<repository id>`). Losing it loses no backup: the keys
/// are sealed in the repository too, and `init --adopt` brings them back with the identity.
package struct HostState: Sendable {
    package let folder: String
    package let files: Files

    package init(stateFolder: String, repository: String, files: Files) {
        folder = stateFolder + "/" + repository
        self.files = files
    }

    /// Where the identity that `init` makes is kept unless the configuration says otherwise.
    package var identityFile: String { folder + "/identity.txt" }
    private var signingKeyFile: String { folder + "/signing-key" }
    private var memoryFile: String { folder + "/memory.json" }
    private func idKeyFile(_ generation: Int) -> String { folder + "/id-key-\(generation)" }

    /// What the host remembers, so that a repository that went back is noticed.
    package struct Memory: Codable, Sendable, Equatable {
        /// Fingerprint of the signer that this host trusts.
        package var signer: String
        /// Highest sequence of a manifest seen, 0 before the first.
        package var sequence: Int
        /// Highest revision of the keyring seen.
        package var keyringRevision: Int
        package init(signer: String, sequence: Int, keyringRevision: Int) {
            self.signer = signer
            self.sequence = sequence
            self.keyringRevision = keyringRevision
        }
    }

    package func memory() throws -> Memory? {
        guard try files.status(memoryFile) != nil else { return nil }
        return try StoredJSON.decode(Memory.self, from: try files.read(memoryFile, limit: 1 << 16), path: memoryFile)
    }

    package func remember(_ memory: Memory) throws {
        try files.createFolder(folder)
        try files.publish(try StoredJSON.encode(memory), at: memoryFile)
    }

    /// Remembers a sequence if it is higher than the one remembered.
    package func remember(sequence: Int) throws {
        guard var memory = try memory(), memory.sequence < sequence else { return }
        memory.sequence = sequence
        try remember(memory)
    }

    // MARK: - What this program did to the instance's database

    private var changesFile: String { folder + "/changes.json" }

    private struct Changes: Codable {
        var schema = "infisical-ops/changes/1"
        var changes: [Manifest.OwnChange]
    }

    /// Only the last restores decide what the next backup is compared with.
    private static let mostChanges = 16

    /// Writes down a change of our own, so that the next backup does not call it a loss. Twice is the same as once.
    package func note(_ change: Manifest.OwnChange) throws {
        var all = try changes()
        if all.contains(change) { return }
        all.append(change)
        try keep(changes: Array(all.suffix(HostState.mostChanges)))
    }

    /// The changes since the last backup that this host took, oldest first.
    package func changes() throws -> [Manifest.OwnChange] {
        guard try files.status(changesFile) != nil else { return [] }
        do {
            return try StoredJSON.decode(
                Changes.self, from: try files.readRegular(changesFile, limit: 1 << 16), path: changesFile
            ).changes
        } catch is RepositoryFault {
            // What cannot be read excuses nothing: the next backup is compared as if nothing had been done.
            return []
        }
    }

    /// Forgets those that a published backup names; what came meanwhile stays.
    package func forget(changes recorded: [Manifest.OwnChange]) throws {
        let now = try changes()
        guard !recorded.isEmpty, now.starts(with: recorded) else { return }
        try keep(changes: Array(now.dropFirst(recorded.count)))
    }

    private func keep(changes: [Manifest.OwnChange]) throws {
        try files.createFolder(folder)
        try files.publish(try StoredJSON.encode(Changes(changes: changes)), at: changesFile)
    }

    package func signer() throws -> Signer? { try signingSeed().map { try Signer(seed: $0) } }

    /// The Ed25519 seed of this host's signer.
    func signingSeed() throws -> Secret? { try key(at: signingKeyFile) }

    package func idKey(generation: Int) throws -> Secret? { try key(at: idKeyFile(generation)) }

    package func keep(signingSeed: Secret) throws { try keep(signingSeed, at: signingKeyFile) }
    package func keep(idKey: Secret, generation: Int) throws { try keep(idKey, at: idKeyFile(generation)) }

    private func key(at path: String) throws -> Secret? {
        guard try files.status(path) != nil else { return nil }
        return try HexKey.decode(try files.readSecret(path, limit: 256), path: path)
    }

    private func keep(_ key: Secret, at path: String) throws {
        try files.createFolder(folder)
        try files.publishSecret(HexKey.encode(key), at: path)
    }
}
