import Age
import Crypto
import DurableFiles
import Effects
import Repository
import Secrets
import TestSupport
import Testing

/// A repository of its own in a temporary folder, with the backups that a test makes.
struct SampleRepository {
    let folder: TemporaryFolder
    let files = Files(effects: Effects())
    let identity: AgeIdentity
    /// Fingerprint of its signer.
    let signer: String
    /// As it was when it was made; `reopened` reads it again.
    let repository: Repository

    var layout: RepositoryLayout { repository.layout }
    var root: String { layout.root }
    var state: String { folder.path("state") }
    var writing: WritingKeys { get throws { try repository.writingKeys() } }

    /// - Parameter onDisk: whether the disk must be a real one. These tests ask what is written and not whether it
    ///   lasts; in memory they do not wait for the disk a thousand times.
    init(onDisk: Bool = false) throws {
        folder = try onDisk ? TemporaryFolder() : TemporaryFolder(in: TemporaryFolder.memory)
        identity = try .generate()
        let path = folder.path("repository")
        let creation = RepositoryCreation(
            path: path, stateFolder: folder.path("state"), files: files, clock: SystemClock())
        signer = try creation.create(id: try RepositoryCreation.newID(), recipients: [try identity.recipient()])
        repository = try Repository(path: path, stateFolder: folder.path("state"), pinned: nil, files: files)
    }

    /// Opens it again, by default as its own host does.
    func reopened(
        root: String? = nil, state: String? = nil, pinned: String? = nil
    ) throws -> Repository {
        try Repository(
            path: root ?? self.root, stateFolder: state ?? self.state, pinned: pinned, files: files)
    }

    /// Opens it as a host does that never saw it and knows no more than the recovery sheet.
    func openedElsewhere() throws -> Repository {
        try reopened(state: folder.path("elsewhere"), pinned: signer)
    }

    // MARK: - Backups

    /// Stores streams as one backup, as the backup operation does.
    @discardableResult
    func backup(
        _ streams: [[UInt8]], escrow: [Escrow.File] = [], signer: Signer? = nil,
        edit: (inout Manifest) throws -> Void = { _ in }
    ) throws -> Manifest {
        let repository = try reopened(), inventory = try Inventory(repository)
        let writing = try repository.writingKeys(inventory)
        let index = ChunkIndex(
            try inventory.history(generation: writing.generation.number, repository), layout: layout,
            files: repository.files)
        var writer = try ChunkWriter(store: repository.store, index: index, keys: writing, level: 1, reader: nil)
        var ranges: [[ChunkName]] = []
        for stream in streams {
            try stream.withUnsafeBytes { try writer.append($0) }
            ranges.append(try writer.endStream())
        }
        try writer.finish()
        var manifest = Manifest.sample(ranges, index, writing, after: inventory, in: repository)
        let sealed = escrow.isEmpty ? nil : try Escrow.seal(escrow, to: [try identity.recipient()])
        manifest.escrow = sealed?.record
        try edit(&manifest)
        try ManifestStore.publish(manifest, escrow: sealed, signer: signer ?? writing.signer, repository: repository)
        try repository.host.remember(sequence: manifest.sequence)
        return manifest
    }

    // MARK: - Checks

    /// What a whole verification says.
    func findings(_ depth: Verification.Depth = .stored, of repository: Repository? = nil) throws -> [Finding] {
        let repository = try repository ?? reopened(), inventory = try Inventory(repository)
        let around = RepositoryFilesCheck(repository: repository, inventory: inventory)
        return try inventory.findings
            + Verification(repository: repository, inventory: inventory, cancellation: Cancellation()).chunks(
                of: inventory.entries, depth: depth, threads: 2, progress: Verification.Progress())
            + around.escrow(of: inventory.entries) + around.keyFiles() + around.strangers() + around.modes()
    }

    /// Those of them that are damage, as `code subject`.
    func damage(_ depth: Verification.Depth = .stored) throws -> [String] {
        try findings(depth).filter(\.isDamage).map { "\($0.code) \($0.subject)" }
    }

    /// Those of them that are notes, as `code subject`.
    func notes() throws -> [String] {
        try findings().filter { !$0.isDamage }.map { "\($0.code) \($0.subject)" }
    }

    func readable() throws -> Verification.Depth {
        .readable([1: try reopened().readingKeys(generation: 1, identities: [identity], source: "test")])
    }

    // MARK: - Files

    func path(_ relative: String) -> String { root + "/" + relative }

    func read(_ relative: String) throws -> [UInt8] { try files.read(path(relative), limit: 8 << 20) }

    func write(_ bytes: [UInt8], to relative: String) throws { try files.publish(bytes, at: path(relative)) }

    func write(_ text: String, to relative: String) throws { try write(Array(text.utf8), to: relative) }

    func edit(_ relative: String, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = try read(relative)
        change(&bytes)
        try write(bytes, to: relative)
    }

    func remove(_ relative: String) throws { try files.remove(path(relative)) }

    /// The path of a chunk relative to the repository.
    func chunk(_ name: ChunkName) -> String { layout.relative(layout.chunk(name)) }

    /// A copy of the repository's folder under another name beside it.
    func copied(as name: String) throws -> String {
        let copy = folder.path(name)
        try shell("cp -a \"$0\" \"$1\"", root, copy)
        return copy
    }

    /// Signs a new keyring, as the owner of the signing key could.
    func publishKeyring(_ edit: (inout Keyring) -> Void) throws {
        var keyring = try reopened().keyring
        edit(&keyring)
        try SignedFile.publish(
            try StoredJSON.encode(keyring), at: layout.keyring(revision: keyring.revision), purpose: .keyring,
            signer: try writing.signer, files: files, existing: .replace)
    }
}

extension Manifest {
    /// A manifest with one table.
    static func sample(
        _ ranges: [[ChunkName]], _ index: ChunkIndex, _ writing: WritingKeys, after inventory: Inventory,
        in repository: Repository
    ) -> Manifest {
        let table = Database.Table(
            schema: "public", name: "t", format: .binary, columns: ["a"], rows: 1, digest: "", bytes: 0,
            copy: "COPY \"public\".\"t\" (\"a\") FROM STDIN (FORMAT binary)", ranges: ranges)
        let database = Database(
            role: "main", name: "d", owner: "o",
            server: .init(
                version: "15", number: 150_000, encoding: "UTF8", collate: "C", ctype: "C", systemIdentifier: nil),
            settings: [], acl: nil, comment: nil, roles: [],
            schema: .init(archive: [], preData: [], postData: [], pgDump: "15"), tables: [table], sequences: [],
            materializedViews: [], leftOut: [])
        return Manifest(
            id: BackupID(started: Timestamp(seconds: 1_700_000_000), random: UInt32.random(in: 0...UInt32.max)),
            repository: repository.description.id, sequence: (inventory.latest?.manifest.sequence ?? 0) + 1,
            previous: inventory.latest?.link, started: "", finished: "", program: "", host: "", tags: [:],
            key: .init(
                generation: writing.generation.number, recipient: writing.generation.recipient,
                identity: writing.sealedIdentity),
            escrow: nil, infisical: nil, databases: [database], chunks: index.used, added: index.added, recovery: [:])
    }
}
