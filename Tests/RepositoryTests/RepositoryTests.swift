import Age
import Crypto
import DurableFiles
import Effects
import Faults
import Repository
import Secrets
import TestSupport
import Testing

/// A repository of its own in a temporary folder, with one backup of the bytes that a test gives.
struct SampleRepository {
    let folder: TemporaryFolder
    let files = Files(effects: Effects())
    let identity: AgeIdentity
    let repository: Repository

    var root: String { repository.layout.root }
    var writing: WritingKeys { get throws { try repository.writingKeys() } }

    init() throws {
        folder = try TemporaryFolder()
        identity = try .generate()
        let path = folder.path + "/repository", state = folder.path + "/state"
        let creation = RepositoryCreation(path: path, stateFolder: state, files: files, clock: SystemClock())
        _ = try creation.create(id: try RepositoryCreation.newID(), recipients: [try identity.recipient()])
        repository = try Repository(path: path, stateFolder: state, pinned: nil, files: files)
    }

    /// Stores streams as one backup, as the backup operation does.
    @discardableResult
    func backup(_ streams: [[UInt8]]) throws -> Manifest {
        let inventory = try Inventory(repository), writing = try writing
        let index = ChunkIndex(recorded: inventory.records(), layout: repository.layout, files: files)
        var writer = try ChunkWriter(store: repository.store, index: index, keys: writing, level: 1, reader: nil)
        var ranges: [[ChunkName]] = []
        for stream in streams {
            try stream.withUnsafeBytes { try writer.append($0) }
            ranges.append(try writer.endStream())
        }
        try writer.finish()
        let table = Manifest.Database.Table(
            schema: "public", name: "t", format: .binary, columns: ["a"], rows: 1, digest: "", bytes: 0,
            copy: "COPY", ranges: ranges)
        let database = Manifest.Database(
            role: "main", name: "d", owner: "o",
            server: .init(
                version: "15", number: 150_000, encoding: "UTF8", collate: "C", ctype: "C", systemIdentifier: nil),
            settings: [], acl: nil, comment: nil, roles: [],
            schema: .init(archive: [], preData: [], postData: [], pgDump: "15"), tables: [table], sequences: [],
            materializedViews: [], leftOut: [])
        let manifest = Manifest(
            id: BackupID(started: Timestamp(seconds: 1_700_000_000), random: UInt32.random(in: 0...UInt32.max)),
            repository: repository.description.id, sequence: (inventory.latest?.manifest.sequence ?? 0) + 1,
            previous: inventory.latest?.link, started: "", finished: "", program: "", host: "", tags: [:],
            key: .init(generation: 1, recipient: writing.generation.recipient, identity: writing.sealedIdentity),
            escrow: nil, infisical: nil, databases: [database], chunks: index.used, added: index.added,
            recovery: [:])
        try ManifestStore.publish(manifest, signer: writing.signer, repository: repository)
        return manifest
    }

    func findings(_ depth: Verification.Depth = .stored) throws -> [Finding] {
        let inventory = try Inventory(repository)
        return try inventory.findings
            + Verification(repository: repository, inventory: inventory, cancellation: Cancellation()).chunks(
                of: inventory.entries, depth: depth, threads: 2, progress: Verification.Progress())
    }

    func readable() throws -> Verification.Depth {
        .readable([1: try repository.readingKeys(generation: 1, identities: [identity], source: "test")])
    }
}

@Suite struct RepositoryTests {
    private func bytes(_ count: Int, _ seed: UInt8) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) ^ UInt8(truncatingIfNeeded: $0 >> 8) ^ seed }
    }

    @Test(arguments: [1, 4 << 20, (4 << 20) + 1])
    func `streams of every size come back as they were`(count: Int) throws {
        let sample = try SampleRepository(), stream = bytes(count, 7)
        let manifest = try sample.backup([stream])
        var reader = try ChunkReader(
            store: sample.repository.store,
            keys: try sample.repository.readingKeys(generation: 1, identities: [sample.identity], source: "test"))
        var read: [UInt8] = []
        for name in manifest.databases[0].tables[0].ranges[0] {
            let record = try #require(manifest.chunks[name])
            try reader.read(name, accepted: [record]) { read.append(contentsOf: $0) }
        }
        #expect(read == stream)
        #expect(try sample.findings(sample.readable()).isEmpty)
    }

    @Test func `equal data is stored once, also by the next backup`() throws {
        let sample = try SampleRepository(), stream = bytes(100_000, 1)
        let first = try sample.backup([stream, stream])
        #expect(first.added.chunks == 1)
        let second = try sample.backup([stream, bytes(10, 2)])
        #expect(second.added.chunks == 1 && second.chunks.count == 2)
        #expect(try Inventory(sample.repository).latest?.id == second.id)
    }

    @Test(arguments: [
        "truncate -s 100", "truncate -s 0", "rm", "truncate -s +1",
        "dd conv=notrunc bs=1 seek=250 if=/dev/urandom count=40 of=",
    ])
    func `a damaged chunk is found, and both backups that name it`(command: String) throws {
        let sample = try SampleRepository(), stream = bytes(100_000, 3)
        let first = try sample.backup([stream]), second = try sample.backup([stream, bytes(50, 4)])
        let name = try #require(first.chunks.keys.first)
        let path = sample.repository.layout.chunk(name)
        let line = command.hasSuffix("=") ? command + path + " status=none" : command + " " + path
        _ = try ChildProcess("/bin/sh", ["-c", line]).wait()
        for depth in [Verification.Depth.stored, try sample.readable()] {
            let found = try sample.findings(depth)
            #expect(found.count == 1)
            #expect(Set(found.first?.backups ?? []) == [first.id, second.id])
            #expect(found.first?.isDamage == true && found.first?.code.hasPrefix("repository.chunk-") == true)
        }
    }

    @Test func `an edited manifest does not count, and the gap it leaves is told`() throws {
        let sample = try SampleRepository()
        let first = try sample.backup([bytes(10, 1)])
        try sample.backup([bytes(10, 2)])
        let path = sample.repository.layout.manifest(first.id)
        var content = try sample.files.read(path, limit: 1 << 20)
        content[content.count / 2] ^= 1
        try sample.files.publish(content, at: path)
        let codes = Set(try sample.findings().filter(\.isDamage).map(\.code))
        #expect(codes == ["repository.bad-signature", "repository.broken-chain"])
    }

    @Test func `a repository without its newest backup went back`() throws {
        let sample = try SampleRepository()
        try sample.backup([bytes(10, 1)])
        let second = try sample.backup([bytes(10, 2)])
        try sample.repository.host.remember(sequence: 2)
        try sample.files.remove(sample.repository.layout.manifest(second.id))
        #expect(try sample.findings().contains { $0.code == "repository.went-back" })
    }

    @Test func `new recipients read old backups, and an old identity no longer opens the keys`() throws {
        let sample = try SampleRepository()
        try sample.backup([bytes(10, 1)])
        let other = try AgeIdentity.generate()
        try RecipientChange(repository: sample.repository, clock: SystemClock()).perform(
            recipients: [try other.recipient()], identities: [sample.identity], source: "test")
        _ = try sample.repository.readingKeys(generation: 1, identities: [other], source: "test")
        #expect(throws: RepositoryFault.identityOpensNothing(file: "test")) {
            try sample.repository.readingKeys(generation: 1, identities: [sample.identity], source: "test")
        }
    }

    @Test(arguments: ["20261123T234700Z-1f2e3d4", "../../etc/passwd", "20261123T234700Z-1F2E3D4C", ""])
    func `what is no id is refused`(text: String) {
        #expect(BackupID(text) == nil)
    }
}
