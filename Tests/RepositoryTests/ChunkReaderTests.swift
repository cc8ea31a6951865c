import Age
import Crypto
import DurableFiles
import Effects
import Glibc
import Repository
import Secrets
import TestSupport
import Testing

@Suite struct ChunkReaderTests {
    let sample: SampleRepository
    let manifest: Manifest
    let name: ChunkName
    let record: ChunkRecord

    init() throws {
        sample = try SampleRepository()
        manifest = try sample.backup([noise(100_000)])
        name = try #require(manifest.chunks.keys.first)
        record = try #require(manifest.chunks[name])
    }

    private func read(_ accepted: Set<ChunkRecord>? = nil, keys: ReadingKeys? = nil) throws -> [UInt8] {
        let keys =
            try keys
            ?? sample.repository.readingKeys(generation: 1, identities: [sample.identity], source: "test")
        var reader = try ChunkReader(store: sample.repository.store, keys: keys)
        return try reader.read(name, accepted: accepted ?? [record]) { Array($0) }
    }

    private func hash(_ accepted: Set<ChunkRecord>) throws {
        try ChunkHasher(store: sample.repository.store).check(name, accepted: accepted)
    }

    /// Expects what both kinds of reader say.
    private func expect(_ damage: ChunkDamage, sourceLocation: SourceLocation = #_sourceLocation) {
        let fault = RepositoryFault.chunk(name, damage: damage)
        #expect(throws: fault, sourceLocation: sourceLocation) { try read() }
        #expect(throws: fault, sourceLocation: sourceLocation) { try hash([record]) }
    }

    @Test(arguments: [1, 4 << 20, (4 << 20) + 1])
    func `streams of every size come back as they were`(count: Int) throws {
        let stream = noise(count, 7), manifest = try sample.backup([stream])
        var reader = try ChunkReader(
            store: sample.repository.store,
            keys: try sample.repository.readingKeys(generation: 1, identities: [sample.identity], source: "test"))
        var read: [UInt8] = []
        for name in manifest.databases[0].tables[0].ranges[0] {
            let record = try #require(manifest.chunks[name])
            try reader.read(name, accepted: [record]) { read.append(contentsOf: $0) }
        }
        #expect(read == stream)
    }

    @Test func `a missing, an empty, a shorter and a longer file are told apart`() throws {
        let path = sample.chunk(name)
        try sample.edit(path) { $0.append(0) }
        expect(.wrongSize(found: record.bytes + 1, expected: record.bytes))
        try sample.edit(path) { $0.removeLast(2) }
        expect(.wrongSize(found: record.bytes - 1, expected: record.bytes))
        try sample.write("", to: path)
        expect(.empty)
        try sample.remove(path)
        expect(.missing)
    }

    @Test(arguments: [0, 30, 250, 1000, -1]) func `a flipped bit anywhere is another hash`(at: Int) throws {
        try sample.edit(sample.chunk(name)) { $0[at < 0 ? $0.count + at : at] ^= 0x10 }
        expect(.wrongHash)
    }

    @Test(arguments: ["folder", "link", "pipe", "dangling link"])
    func `what is not a regular file is not read, and not waited for`(kind: String) throws {
        let path = sample.path(sample.chunk(name))
        try shell("mv \"$0\" \"$1\"", path, sample.folder.path("whole"))
        switch kind {
        case "folder": try sample.files.createFolder(path)
        case "link": symlink(sample.folder.path("whole"), path)
        case "dangling link": symlink("nowhere", path)
        default: mkfifo(path, 0o600)
        }
        expect(.notAFile)
    }

    @Test func `a device in place of a chunk is not read`() throws {
        // A file system in memory may forbid devices, and then this would be about permissions.
        let sample = try SampleRepository(onDisk: true), manifest = try sample.backup([noise(10)])
        let name = try #require(manifest.chunks.keys.first), record = try #require(manifest.chunks[name])
        try shell("rm \"$0\"; mknod \"$0\" c 1 5", sample.layout.chunk(name))
        #expect(throws: RepositoryFault.chunk(name, damage: .notAFile)) {
            try ChunkHasher(store: sample.repository.store).check(name, accepted: [record])
        }
    }

    @Test func `a file of a terabyte is not read`() throws {
        try shell("truncate -s 1T \"$0\"", sample.path(sample.chunk(name)))
        expect(.wrongSize(found: 1 << 40, expected: record.bytes))
    }

    @Test func `a disk that cannot read is told with its reason`() throws {
        let broken = Files(effects: Effects(observer: FailingObserver(at: 3, kind: .failsBefore)))
        let store = ChunkStore(layout: sample.layout, files: broken)
        #expect {
            try ChunkHasher(store: store).check(name, accepted: [record])
        } throws: { error in
            guard case RepositoryFault.chunk(name, damage: .unreadable(let reason)) = error else { return false }
            return reason.hasSuffix("Input/output error")
        }
    }

    @Test func `any of the recorded ciphertexts may be what lies there`() throws {
        let other = ChunkRecord(bytes: record.bytes, plain: 1, sha256: String(repeating: "0", count: 64))
        #expect(try read([other, record]) == noise(100_000))
        #expect(throws: RepositoryFault.chunk(name, damage: .wrongHash)) { try read([other]) }
        // The size of one record with the hash of another is neither.
        let mixed = ChunkRecord(bytes: record.bytes + 1, plain: 1, sha256: record.sha256)
        #expect(throws: RepositoryFault.chunk(name, damage: .wrongHash)) { try read([mixed, other]) }
    }

    @Test func `another identity does not decrypt it`() throws {
        let keys = ReadingKeys(identity: try .generate(), idKey: try sample.writing.idKey)
        #expect {
            try read(keys: keys)
        } throws: {
            guard case RepositoryFault.chunk(name, damage: .doesNotDecrypt) = $0 else { return false }
            return true
        }
    }

    @Test func `another id key finds other content than the name says`() throws {
        let keys = ReadingKeys(
            identity: try sample.repository.readingKeys(
                generation: 1, identities: [sample.identity], source: "test"
            ).identity,
            idKey: try Random.secret(count: 32))
        #expect(throws: RepositoryFault.chunk(name, damage: .wrongContent)) { try read(keys: keys) }
    }

    /// Puts a file in the chunk's place that a signed manifest could record, with this inside.
    private func plant(_ packed: [UInt8]) throws -> ChunkRecord {
        let file = try packed.withUnsafeBytes { try Age.seal($0, to: [try sample.writing.recipient]) }
        try sample.write(file, to: sample.chunk(name))
        return ChunkRecord(bytes: file.count, plain: 1, sha256: SHA256.hash(file).hex)
    }

    private func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
        var compressor = try ZstandardCompressor(level: 1)
        return try bytes.withUnsafeBytes { source in
            var target = [UInt8](repeating: 0, count: ZstandardCompressor.bound(source.count))
            let count = try target.withUnsafeMutableBytes { try compressor.compress(source, into: $0) }
            return Array(target[..<count])
        }
    }

    @Test func `recorded bytes that do not decompress are found`() throws {
        let whole = try compressed(noise(1000))
        for packed in [[], [1, 2, 3], Array(whole.dropLast()), whole + whole, whole + [0], noise(1000)] {
            let planted = try plant(packed)
            #expect(throws: RepositoryFault.chunk(name, damage: .doesNotDecompress)) { try read([planted]) }
        }
    }

    @Test func `recorded bytes with other content are found`() throws {
        for content in [noise(1000), []] {
            let planted = try plant(try compressed(content))
            #expect(throws: RepositoryFault.chunk(name, damage: .wrongContent)) { try read([planted]) }
        }
    }

    @Test func `content larger than a chunk may be is refused, however small it is packed`() throws {
        let planted = try plant(try compressed([UInt8](repeating: 0, count: (4 << 20) + 1)))
        #expect(throws: RepositoryFault.chunk(name, damage: .doesNotDecompress)) { try read([planted]) }
    }
}
