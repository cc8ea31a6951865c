import Age
import Crypto
import Effects
import Repository
import Secrets
import Synchronization
import TestSupport
import Testing

@Suite struct VerificationTests {
    let sample: SampleRepository
    init() throws { sample = try SampleRepository() }

    private func verification(_ cancellation: Cancellation = Cancellation()) throws -> (Verification, Inventory) {
        let repository = try sample.reopened(), inventory = try Inventory(repository)
        return (Verification(repository: repository, inventory: inventory, cancellation: cancellation), inventory)
    }

    @Test(arguments: [
        "truncate -s 100", "truncate -s 0", "rm", "truncate -s +1",
        "dd conv=notrunc bs=1 seek=250 if=/dev/urandom count=40 of=",
    ])
    func `a damaged chunk is found, and both backups that name it`(command: String) throws {
        let stream = noise(100_000), first = try sample.backup([stream])
        let second = try sample.backup([stream, noise(50)])
        let path = sample.layout.chunk(try #require(first.chunks.keys.first))
        try shell(command.hasSuffix("=") ? command + "\"$0\" status=none" : command + " \"$0\"", path)
        for depth in [Verification.Depth.stored, try sample.readable()] {
            let found = try sample.findings(depth)
            #expect(found.count == 1)
            #expect(Set(found.first?.backups ?? []) == [first.id, second.id])
            #expect(found.first?.isDamage == true && found.first?.code.hasPrefix("repository.chunk-") == true)
        }
    }

    @Test func `chunks of one backup are checked for it, and damage is that of all that name them`() throws {
        let first = try sample.backup([noise(100), noise(200)]), second = try sample.backup([noise(100), noise(300)])
        let shared = try #require(Set(first.chunks.keys).intersection(second.chunks.keys).first)
        let own = try #require(Set(second.chunks.keys).subtracting(first.chunks.keys).first)
        for name in [shared, own] { try sample.edit(sample.chunk(name)) { $0[$0.count - 1] ^= 1 } }
        let (verification, inventory) = try verification(), progress = Verification.Progress()
        let found = try verification.chunks(
            of: [inventory.entries[0]], depth: .stored, threads: 1, progress: progress)
        #expect(found.map(\.subject) == [sample.chunk(shared)])
        #expect(found.first?.backups == [first.id, second.id])
        #expect(progress.doneChunks.load(ordering: .relaxed) == 2)
        let bytes = first.chunks.values.map(\.bytes).reduce(0, +)
        #expect(progress.totalBytes.load(ordering: .relaxed) == bytes)
        #expect(progress.doneBytes.load(ordering: .relaxed) == bytes)
    }

    @Test(arguments: [1, 3, 64]) func `any number of threads finds the same, in the same order`(threads: Int) throws {
        let manifest = try sample.backup((1...20).map { noise($0 * 10) })
        let names = manifest.chunks.keys.sorted()
        for name in names[5...9] { try sample.remove(sample.chunk(name)) }
        let (verification, inventory) = try verification()
        let found = try verification.chunks(
            of: inventory.entries, depth: sample.readable(), threads: threads, progress: Verification.Progress())
        #expect(found.map(\.subject) == names[5...9].map(sample.chunk))
        #expect(found.allSatisfy { $0.code == "repository.chunk-missing" && $0.level == .stored })
    }

    @Test(arguments: [(1, 1), (10, 2), (50, 10), (100, 20)])
    func `a sample looks at its share, at least at one`(percent: Int, count: Int) throws {
        try sample.backup((1...20).map { noise($0 * 10) })
        let (verification, inventory) = try verification(), progress = Verification.Progress()
        let found = try verification.chunks(
            of: inventory.entries, depth: .stored, sample: percent, threads: 2, progress: progress)
        #expect(found.isEmpty && progress.doneChunks.load(ordering: .relaxed) == count)
    }

    @Test func `nothing to check is nothing found`() throws {
        let (verification, _) = try verification()
        #expect(
            try verification.chunks(of: [], depth: .stored, sample: 1, threads: 4, progress: .init()).isEmpty)
    }

    @Test func `a cancelled check ends as cancelled, and says nothing of damage`() throws {
        try sample.backup([noise(10)])
        let cancellation = Cancellation()
        cancellation.cancel(signal: 15)
        let (verification, inventory) = try verification(cancellation)
        #expect(throws: Interruption.self) {
            try verification.chunks(of: inventory.entries, depth: .stored, threads: 2, progress: .init())
        }
    }

    @Test func `content that is wrong under the right hash is found by reading, not by comparing`() throws {
        // A writer with bad memory, or with the signing key and bad will: everything agrees but the content.
        let manifest = try sample.backup([noise(1000)]), name = try #require(manifest.chunks.keys.first)
        var compressor = try ZstandardCompressor(level: 1)
        let wrong = noise(1000, 9), key = try sample.writing.recipient
        let packed = try wrong.withUnsafeBytes { source in
            var target = [UInt8](repeating: 0, count: ZstandardCompressor.bound(source.count))
            let count = try target.withUnsafeMutableBytes { try compressor.compress(source, into: $0) }
            return Array(target[..<count])
        }
        let file = try packed.withUnsafeBytes { try Age.seal($0, to: [key]) }
        try sample.write(file, to: sample.chunk(name))
        let liar = try sample.backup([noise(1000, 3)]) {
            $0.chunks[name] = ChunkRecord(bytes: file.count, plain: 1000, sha256: SHA256.hash(file).hex)
        }
        #expect(try sample.findings().isEmpty)
        let found = try sample.findings(sample.readable())
        #expect(found.map(\.code) == ["repository.chunk-wrong-content"])
        #expect(found.first?.level == .readable && found.first?.backups == [manifest.id, liar.id])
    }

    @Test func `a chunk that was written again is whole for old and new backups`() throws {
        let stream = noise(1000), first = try sample.backup([stream]), name = try #require(first.chunks.keys.first)
        try sample.remove(sample.chunk(name))
        let second = try sample.backup([stream])
        #expect(second.chunks[name] != first.chunks[name])
        #expect(try sample.findings(sample.readable()).isEmpty)
    }

    @Test func `depths have their levels`() throws {
        #expect(Verification.Depth.stored.level == .stored)
        #expect(Verification.Depth.readable([:]).level == .readable)
    }
}
