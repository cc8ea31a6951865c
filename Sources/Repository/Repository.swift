import Age
import Crypto
package import DurableFiles
import Secrets

/// An open repository: its layout, the signers that count, and the keyring they signed.
///
/// Opening reads only; it needs the pinned fingerprint, and no key.
package struct Repository: Sendable {
    package let layout: RepositoryLayout
    package let description: RepositoryDescription
    package let files: Files
    package let host: HostState
    package let signers: TrustedSigners
    package let keyring: Keyring

    /// Opens the repository in a folder.
    ///
    /// - Parameters:
    ///   - path: absolute path of the repository.
    ///   - stateFolder: where hosts keep what they know about repositories.
    ///   - pinned: fingerprint from the configuration; nil takes the one that this host remembers.
    ///   - remembering: whether what this host saw before counts; it does not while a repository is adopted.
    package init(
        path: String, stateFolder: String, pinned: String?, files: Files, remembering: Bool = true
    ) throws {
        let path = files.normalised(path)
        layout = RepositoryLayout(root: path)
        let files = files.confined(to: [path, stateFolder])
        self.files = files
        do { description = try Repository.describe(path: path, files: files) } catch RepositoryFault.notARepository
            where pinned != nil
        {
            // What was trusted is not made anew.
            throw RepositoryFault.gone(path: path)
        }
        host = HostState(stateFolder: stateFolder, repository: description.id, files: files)
        // Before the keyring is looked for: a revision that is published meanwhile must not look like one that went away.
        let memory = try host.memory()
        guard let pinned = pinned ?? memory?.signer else {
            throw RepositoryFault.signerNotPinned(repository: path)
        }
        signers = try TrustedSigners(pinned: pinned, layout: layout, files: files)
        keyring = try KeyringStore.load(layout, files, signers, repository: description.id)
        if remembering, let memory, keyring.revision < memory.keyringRevision {
            throw RepositoryFault.malformed(
                path: layout.relative(layout.keys),
                reason: "the newest keyring is revision \(keyring.revision), but this host saw "
                    + "revision \(memory.keyringRevision)")
        }
    }

    /// Reads `repository.json`, and refuses what this program cannot read.
    package static func describe(path: String, files: Files) throws -> RepositoryDescription {
        let files = files.confined(to: [path])
        let layout = RepositoryLayout(root: path)
        guard try files.status(layout.description) != nil else {
            let isEmpty = try files.status(layout.backups) == nil || files.list(layout.backups).isEmpty
            throw isEmpty ? RepositoryFault.notARepository(path: path) : .remains(path: path)
        }
        let name = layout.relative(layout.description)
        let description = try StoredJSON.decode(
            RepositoryDescription.self, from: try StoredFile.read(layout.description, limit: 1 << 16, layout, files),
            path: name)
        guard description.schema == RepositoryDescription.schema else {
            throw RepositoryFault.malformed(path: name, reason: "it does not describe a repository")
        }
        guard description.format <= RepositoryDescription.format else {
            throw RepositoryFault.newerFormat(path: path, found: description.format)
        }
        guard description.id.utf8.count == 32, description.id.utf8.allSatisfy(isHexDigit) else {
            // The id becomes a folder's name in the state folder.
            throw RepositoryFault.malformed(path: name, reason: "member \"id\" is not 32 hex digits")
        }
        return description
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    /// Remembers what this host has just seen where that is more than before: the number of the newest backup, and the
    /// keyring. A host that keeps no memory of the repository, or cannot write it down, goes on without.
    package func remember(newest sequence: Int) throws {
        guard let before = try host.memory() else { return }
        var seen = before
        seen.sequence = max(before.sequence, sequence)
        seen.keyringRevision = max(before.keyringRevision, keyring.revision)
        if try seen != before && !files.isReadOnly(at: host.folder) { try host.remember(seen) }
    }

    package var store: ChunkStore { ChunkStore(layout: layout, files: files) }
}

extension Repository {
    /// Makes the folders that are missing: most ways of copying a repository leave empty ones out.
    ///
    /// - Throws: `FileFault.linkInside` for one that is a symbolic link: whoever put it there must not decide where this
    ///   program writes and deletes.
    package func completeFolders() throws {
        for folder in layout.folders { try files.createFolder(folder) }
        try store.prepare()
    }

    /// Reads a file of the repository; see `StoredFile`.
    func read(_ path: String, limit: Int) throws -> [UInt8] { try StoredFile.read(path, limit: limit, layout, files) }

    /// The names in a folder of the repository; none where it is missing.
    func list(_ folder: String) throws -> [FolderEntry] { try StoredFile.list(folder, layout, files) }
}
