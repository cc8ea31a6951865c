import DurableFiles
import Effects
import Repository
import Secrets
import TestSupport
import Testing

/// What a status says has become of damage that was found, without a look at everything.
@Suite struct DamageStateTests {
    private let sample: SampleRepository
    private let manifest: Manifest
    private let path: String

    init() throws {
        sample = try SampleRepository()
        manifest = try sample.backup(
            [noise(100)], escrow: [Escrow.File(path: "/.env", mode: 0o600, content: .testing("K=V"))])
        path = sample.chunk(try #require(manifest.chunks.keys.first))
    }

    private func record(_ level: ProofLevel, chunks: [ChunkName]?) throws {
        let entry = try #require(try Inventory(sample.reopened()).entries.first)
        try ProofStore.record(
            Proof(
                backup: entry.id, manifest: entry.sha256, level: level, outcome: .damaged,
                time: "2026-11-23T23:00:00Z", program: "p", host: "h", chunks: chunks),
            signer: try sample.writing.signer, repository: sample.reopened())
    }

    private func state() throws -> DamageState? {
        let repository = try sample.reopened(), inventory = try Inventory(repository)
        return try DamageState.worst(of: inventory.entries, inventory, repository)
    }

    private func repair(_ depth: Verification.Depth = .stored) throws {
        let repository = try sample.reopened()
        var repair = Repair(repository: repository, inventory: try Inventory(repository), other: nil)
        try repair.perform(try repair.plan(findings: try sample.findings(depth)), clock: SystemClock())
    }

    @Test func `a damaged chunk is in place, then moved aside, then replaced`() throws {
        try sample.edit(path) { $0[$0.count - 1] ^= 1 }
        try record(.stored, chunks: Array(manifest.chunks.keys))
        #expect(try state() == .inPlace)
        try repair()
        #expect(try state() == .missing)
        try sample.backup([noise(100)])
        #expect(try state() == .replaced)
    }

    @Test func `what only decrypting finds has the recorded bytes, and is in place until it was moved`() throws {
        try record(.readable, chunks: Array(manifest.chunks.keys))
        #expect(try state() == .inPlace)
        try sample.files.createFolder(sample.layout.quarantine)
        try shell(
            "mv \"$0\" \"$1\"", sample.path(path),
            sample.layout.quarantine + "/" + path.replacing("/", with: "-") + ".00000000")
        #expect(try state() == .missing)
        try sample.backup([noise(100)])
        #expect(try state() == .replaced)
    }

    @Test func `an escrow counts as well, and damage of which nothing is known is in place`() throws {
        let escrow = "escrow/\(manifest.id.text).age"
        try record(.stored, chunks: [])
        #expect(try state() == .replaced)
        try sample.edit(escrow) { $0[60] ^= 1 }
        #expect(try state() == .inPlace)
        try repair()
        #expect(try state() == .missing)
        try record(.stored, chunks: nil)
        #expect(try state() == .inPlace)
        let inventory = try Inventory(sample.reopened())
        #expect(try DamageState.worst(of: [], inventory, sample.reopened()) == nil)
    }
}
