package import Age
package import DurableFiles
import Faults
package import InstanceAccess
package import Repository
package import Settings

/// The repository that the configuration names, its locks, and the identities that read it.
package struct Workplace: Sendable {
    package let instance: InstanceAccess
    /// For how many seconds a lock is waited for.
    package let lockWait: Int

    package init(_ instance: InstanceAccess, lockWait: Int = 0) {
        self.instance = instance
        self.lockWait = lockWait
    }

    package var surroundings: Surroundings { instance.surroundings }
    package var configuration: ResolvedConfiguration { instance.configuration }

    /// The same, with the instance looked at anew.
    package func refreshed() throws -> Workplace { Workplace(try instance.refreshed(), lockWait: lockWait) }

    /// The same for what must be done although the run was stopped.
    ///
    /// - Parameter isStoppable: whether being asked a second time stops that, too.
    package func uncancelled(isStoppable: Bool = false) -> Workplace {
        Workplace(instance.uncancelled(isStoppable: isStoppable), lockWait: lockWait)
    }

    package func repository() throws -> Repository {
        try Repository(
            path: try configuration.requiredRepository(), stateFolder: configuration.stateFolder,
            pinned: configuration.signer, files: surroundings.files)
    }

    /// Identities with the file they came from.
    package struct Identities: Sendable {
        package let all: [AgeIdentity]
        package let source: String

        func isOne(of recipients: [String]) throws -> Bool {
            try all.contains { recipients.contains(try $0.recipient().text ?? "") }
        }
    }

    /// Where the identity lies: `--identity-file`, the configuration, or the host's state folder; nil when it is
    /// deliberately kept elsewhere.
    package func identityPath(_ repository: Repository, override: String?) -> String? {
        if let override { return override }
        return switch configuration.identityFile {
        case .path(let path): path
        case .elsewhere: nil
        case .notConfigured: repository.host.identityFile
        }
    }

    /// What to say of an identity that lies where every copy of the repository takes it along.
    func identityWarning(_ repository: Repository) throws -> String? {
        try SetupPlaces(
            repository: repository.layout.root, stateFolder: configuration.stateFolder, configuration: nil,
            identity: identityPath(repository, override: nil), files: surroundings.files
        ).identityWarning()
    }

    /// That the identity is not where it should be on this host; nil where it is, and where it is kept elsewhere on purpose:
    /// every backup would be of no use to whoever has no copy of it.
    package func identityLoss(_ repository: Repository) throws -> RepositoryFault? {
        guard let path = identityPath(repository, override: nil) else { return nil }
        let isThere = try surroundings.files.status(path, followingLinks: true) != nil
        return isThere ? nil : .identityMissing(path: path)
    }

    /// The identities at hand; nil when they are kept off this host.
    package func identities(_ repository: Repository, override: String?) throws -> Identities? {
        guard let path = identityPath(repository, override: override) else { return nil }
        guard try surroundings.files.status(path, followingLinks: true) != nil else {
            // A file that was named must be there; the standard one may never have been made.
            if override != nil || configuration.identityFile != .notConfigured {
                throw RepositoryFault.identityMissing(path: path)
            }
            return nil
        }
        return try identities(at: path)
    }

    /// The identities that can be read without asking anybody; nil when there are none.
    package func openIdentities(_ repository: Repository) throws -> Identities? {
        guard let path = identityPath(repository, override: nil),
            try surroundings.files.status(path, followingLinks: true) != nil
        else { return nil }
        let file = try surroundings.files.readSecret(path, limit: 1 << 20)
        if AgeIdentityFile.isSealed(file) { return nil }
        return Identities(all: try AgeIdentityFile.parse(file), source: path)
    }

    /// The identity file on this host, for the recovery sheet; nil where there is none, and where it opens nothing here.
    package func openingIdentity(_ repository: Repository) throws -> String? {
        guard let path = identityPath(repository, override: nil),
            try surroundings.files.status(path, followingLinks: true) != nil
        else { return nil }
        // Whose one with a passphrase is, nobody can tell without it.
        guard let open = try openIdentities(repository) else { return path }
        return try open.isOne(of: repository.keyring.recipients) ? path : nil
    }

    /// Reads an identity file; asks for its passphrase if it is sealed.
    package func identities(at path: String) throws -> Identities {
        let file = try surroundings.files.readSecret(path, limit: 1 << 20)
        let passphrase =
            try AgeIdentityFile.isSealed(file) ? instance.passphrase() ?? surroundings.passphrase(path) : nil
        do { return Identities(all: try AgeIdentityFile.parse(file, passphrase: passphrase), source: path) } catch {
            if case .identityNeedsPassphrase = error { throw RepositoryFault.identitySealed(path: path) }
            throw Failure(error, context: [path])
        }
    }

    /// The identities, which must be at hand.
    ///
    /// - Throws: `identityMissing`.
    package func requireIdentities(_ repository: Repository, override: String?) throws -> Identities {
        if let identities = try identities(repository, override: override) { return identities }
        throw RepositoryFault.identityMissing(path: identityPath(repository, override: override))
    }

    /// The reading keys of all key generations that these backups use.
    package func readingKeys(
        _ repository: Repository, for entries: [InventoryEntry], _ identities: Identities
    ) throws -> [Int: ReadingKeys] {
        var keys: [Int: ReadingKeys] = [:]
        for entry in entries where keys[entry.manifest.key.generation] == nil {
            let generation = entry.manifest.key.generation
            keys[generation] = try repository.readingKeys(
                generation: generation, identities: identities.all, source: identities.source,
                fallback: entry.manifest.key.identity)
        }
        return keys
    }

    /// For whom the files are sealed that open the instance's data.
    package func escrowRecipients(_ repository: Repository) throws -> [AgeRecipient] {
        let configured = configuration.escrowRecipients
        return try (configured.isEmpty ? repository.keyring.recipients : configured).map { try AgeRecipient($0) }
    }

    // MARK: - Locks

    /// Shared by everything that reads chunks or adds a backup; exclusive for what takes away or changes keys.
    package func lockRepository(_ repository: Repository, _ mode: FileLock.Mode, for work: String) throws -> FileLock {
        try lockRepository(at: repository.layout, mode, for: work)
    }

    /// The same for a repository that cannot be opened.
    package func lockRepository(
        at layout: RepositoryLayout, _ mode: FileLock.Mode, for work: String
    ) throws -> FileLock {
        try named(by: layout) { try lock(layout.repositoryLock, mode, work) }
    }

    /// One backup at a time.
    package func lockBackup(_ repository: Repository) throws -> FileLock {
        try lock(repository.layout.backupLock, .exclusive, "backup")
    }

    /// One change of the running instance at a time on this host.
    ///
    /// - Parameter finishesRotation: whether it is what goes on with an open rotation, which keeps out every other change.
    package func lockInstance(for work: String, finishesRotation: Bool = false) throws -> FileLock {
        let lock = try lock(instanceLock, .exclusive, work)
        if !finishesRotation, let open = try RotationJournal.obstacle(instance) { throw open }
        return lock
    }

    /// What a run would lock.
    package enum Lock {
        case backup(RepositoryLayout)
        case repository(RepositoryLayout, FileLock.Mode)
        case instance
    }

    /// Waits until a run could take these locks, in its order, and takes none.
    ///
    /// - Throws: as taking them does.
    package func requireFree(_ locks: Lock...) throws {
        for lock in locks {
            switch lock {
            case .backup(let layout): try requireFree(layout.backupLock, .exclusive)
            case .repository(let layout, let mode):
                try named(by: layout) { try requireFree(layout.repositoryLock, mode) }
            case .instance:
                try requireFree(instanceLock, .exclusive)
                if let open = try RotationJournal.obstacle(instance) { throw open }
            }
        }
    }

    /// The same for one that works with the repository, or in place of nothing else than it.
    package func requireRepositoryFree(_ mode: FileLock.Mode) throws {
        try requireFree(.repository(RepositoryLayout(root: try configuration.requiredRepository()), mode))
    }

    private var instanceLock: String { configuration.stateFolder + "/instance.lock" }

    private func requireFree(_ path: String, _ mode: FileLock.Mode) throws {
        try FileLock.requireFree(
            path, mode, wait: lockWait, files: surroundings.files, cancellation: surroundings.cancellation,
            clock: surroundings.clock)
    }

    /// A backup holds the repository's lock together with others and leaves its name in its own.
    private func named<Value: ~Copyable>(by layout: RepositoryLayout, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch FileFault.locked(let path, nil) {
            throw FileFault.locked(
                path: path, holder: try FileLock.holder(of: layout.backupLock, files: surroundings.files))
        }
    }

    private func lock(_ path: String, _ mode: FileLock.Mode, _ work: String) throws -> FileLock {
        // A copy of a repository may have lost its empty folders.
        let folder = Files.parent(of: path)
        if try surroundings.files.status(folder) == nil { try surroundings.files.createFolder(folder) }
        return try FileLock.acquire(
            path, mode, wait: lockWait, holder: work, files: surroundings.files,
            cancellation: surroundings.cancellation, clock: surroundings.clock)
    }
}
