import Crypto
import DurableFiles
import Effects
import Glibc
import Repository
import TestSupport
import Testing

/// What a check found damaged is not taken for good by the next backup, although nothing about the file says so.
@Suite struct KnownDamageTests {
    private let sample: SampleRepository
    private let stream = noise(1000)
    private let other = noise(1000, 2)
    private let manifest: Manifest
    private let name: ChunkName

    init() throws {
        sample = try SampleRepository()
        manifest = try sample.backup([stream, other])
        name = try #require(manifest.databases[0].tables[0].ranges[0].first)
        // A file that is as old as its manifest needs no other look.
        try #require(try succeeds("touch -d 2020-01-01 $(find \"$0/chunks\" -type f)", sample.root))
    }

    private var path: String { sample.path(sample.chunk(name)) }

    /// Changes bytes, and neither size nor time.
    private func damage() throws {
        try shell("touch -r \"$0\" \"$0.time\"", path)
        try sample.edit(sample.chunk(name)) { $0[$0.count / 2] ^= 1 }
        try shell("touch -r \"$0.time\" \"$0\"; rm \"$0.time\"", path)
    }

    private func record(_ level: ProofLevel, _ outcome: Proof.Outcome, chunks: [ChunkName]?, at time: String) throws {
        let repository = try sample.reopened()
        for entry in try Inventory(repository).entries {
            try ProofStore.record(
                Proof(
                    backup: entry.id, manifest: entry.sha256, level: level, outcome: outcome, time: time, program: "p",
                    host: "h", chunks: chunks), signer: try sample.writing.signer, repository: repository)
        }
    }

    private let found = "2026-11-23T23:00:00Z"

    private func sha256() throws -> String { SHA256.hash(try sample.read(sample.chunk(name))).hex }

    @Test func `damage that nobody found is not seen by a backup`() throws {
        try damage()
        let next = try sample.backup([stream, other])
        #expect(next.added.chunks == 0 && next.chunks[name] == manifest.chunks[name])
        #expect(try sample.damage().count == 1)
    }

    @Test(arguments: [true, false])
    func `a chunk that was found damaged is written again, and all backups are whole`(named: Bool) throws {
        try damage()
        try record(.stored, .damaged, chunks: named ? [name] : nil, at: found)
        let next = try sample.backup([stream, other])
        #expect(next.added.chunks == 1 && next.chunks[name] != manifest.chunks[name])
        #expect(try sha256() == next.chunks[name]?.sha256)
        #expect(try sample.damage(try sample.readable()).isEmpty)
        // Nothing is written for ever: the bytes that lie there now are on record.
        let third = try sample.backup([stream, other])
        #expect(third.added.chunks == 0 && third.chunks == next.chunks)
    }

    @Test func `a chunk that came back from another copy is not written again`() throws {
        try record(.stored, .damaged, chunks: [name], at: found)
        #expect(try sample.backup([stream, other]).added.chunks == 0)
    }

    @Test func `bytes as recorded that do not open are written again once`() throws {
        try record(.readable, .damaged, chunks: [name], at: found)
        let next = try sample.backup([stream, other]) { $0.started = "2026-11-24T00:00:00Z" }
        #expect(next.added.chunks == 1 && next.chunks[name] != manifest.chunks[name])
        let third = try sample.backup([stream, other]) { $0.started = "2026-11-25T00:00:00Z" }
        #expect(third.added.chunks == 0 && third.chunks[name] == next.chunks[name])
    }

    @Test func `what was proven again is no doubt any more, what was proven less deep is`() throws {
        try record(.readable, .damaged, chunks: [name], at: found)
        try record(.stored, .proven, chunks: nil, at: "2026-11-23T23:01:00Z")
        #expect(try sample.backup([stream, other]).added.chunks == 1)
        try record(.readable, .proven, chunks: nil, at: "2026-11-23T23:02:00Z")
        #expect(try sample.backup([stream, other]).added.chunks == 0)
    }

    @Test func `a proof that nobody vouches for casts no doubt`() throws {
        let entry = try #require(try Inventory(sample.repository).latest)
        try ProofStore.record(
            Proof(
                backup: entry.id, manifest: entry.sha256, level: .readable, outcome: .damaged, time: found,
                program: "p",
                host: "h", chunks: [name]), signer: try Signer.stranger(), repository: sample.repository)
        #expect(try sample.backup([stream, other]).added.chunks == 0)
    }

    @Test func `a proof names the damaged chunks, and no more than it can carry`() throws {
        try damage()
        let findings = try sample.findings()
        let said = try #require(Finding.damage(in: findings)[manifest.id])
        #expect(said.level == .stored && said.chunks == [name])
        let many = (0...Proof.mostChunks).map { number in
            let digits = String(number, radix: 16)
            return Finding(
                damage: .chunk(
                    ChunkName(hex: String(repeating: "0", count: 64 - digits.count) + digits) ?? name,
                    damage: .wrongContent), subject: "", backups: [manifest.id])
        }
        let all = try #require(Finding.damage(in: many)[manifest.id])
        #expect(all.level == .readable && all.chunks == nil)
        #expect(Finding.damage(in: []).isEmpty)
    }
}
