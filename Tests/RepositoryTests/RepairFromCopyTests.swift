import DurableFiles
import Effects
import Repository
import Secrets
import TestSupport
import Testing

/// `repair --from`: what is taken from another copy, and what is not.
@Suite struct RepairFromCopyTests {
    let sample: SampleRepository
    let made: [Manifest]
    let other: String

    init() throws {
        let sample = try SampleRepository()
        made = try (1...3).map {
            try sample.backup(
                [noise($0 * 100), noise(999)],
                escrow: [Escrow.File(path: "/.env", mode: 0o600, content: .testing("K=\($0)"))])
        }
        other = try sample.copied(as: "other")
        self.sample = sample
    }

    private func repaired() throws -> RepairPlan {
        let repository = try sample.reopened()
        var repair = Repair(repository: repository, inventory: try Inventory(repository), other: other)
        let plan = try repair.plan(findings: try sample.findings())
        try repair.perform(plan, clock: SystemClock())
        return plan
    }

    private func manifest(_ index: Int) -> String { "backups/\(made[index].id.text).json" }
    private func escrow(_ index: Int) -> String { "escrow/\(made[index].id.text).age" }
    private func ownChunk(_ index: Int) throws -> String {
        sample.chunk(try #require(made[index].chunks.keys.first { name in made.count { $0.chunks[name] != nil } == 1 }))
    }

    @Test func `whole files replace damaged and missing ones of every kind`() throws {
        try sample.edit(try ownChunk(0)) { $0[$0.count - 1] ^= 1 }
        try sample.remove(try ownChunk(1))
        try sample.write("", to: escrow(0))
        try sample.edit(manifest(1)) { $0[7] ^= 1 }
        try sample.write("x", to: "keys/id-key-1.age")
        let plan = try repaired()
        #expect(try Set(plan.fetched) == [ownChunk(0), ownChunk(1), escrow(0), manifest(1), "keys/id-key-1.age"])
        #expect(plan.fetched.last == manifest(1) && plan.acknowledged.isEmpty && plan.incomplete.isEmpty)
        #expect(try sample.findings(sample.readable()).isEmpty)
        #expect(try sample.files.list(sample.layout.quarantine).count == 5)
    }

    @Test(arguments: [1, 2]) func `a backup that is missing comes back with all it needs`(index: Int) throws {
        for path in [manifest(index), manifest(index) + ".sig", escrow(index), try ownChunk(index)] {
            try sample.remove(path)
        }
        let plan = try repaired()
        #expect(try plan.fetched == [ownChunk(index), escrow(index), manifest(index)])
        #expect(plan.acknowledged.isEmpty)
        #expect(try sample.findings(sample.readable()).isEmpty)
    }

    @Test func `a manifest whose signature was lost gets it back`() throws {
        try sample.remove(manifest(0) + ".sig")
        #expect(try repaired().fetched == [manifest(0)])
        #expect(try sample.damage().isEmpty)
    }

    @Test func `a removal document comes back`() throws {
        let entry = try #require(try Inventory(sample.repository).entries.first)
        let document = Removals.Document(
            repository: sample.repository.description.id, time: "", reason: "pruned",
            removed: [.init(sequence: 1, id: entry.id, sha256: entry.sha256)])
        try SignedFile.publish(
            try StoredJSON.encode(document), at: other + "/removals/x.json", purpose: .removal,
            signer: sample.writing.signer, files: sample.files, existing: .refuse)
        for path in [manifest(0), manifest(0) + ".sig"] { try sample.remove(path) }
        try sample.write("{}", to: "removals/x.json")
        // The number is missing here and there the backup still is: it comes back.
        #expect(try Set(repaired().fetched) == ["removals/x.json", manifest(0)])
        #expect(try sample.damage().isEmpty)
    }

    @Test func `a backup that was removed on purpose does not come back`() throws {
        let entry = try #require(try Inventory(sample.repository).entries.first)
        let document = Removals.Document(
            repository: sample.repository.description.id, time: "", reason: "pruned",
            removed: [.init(sequence: 1, id: entry.id, sha256: entry.sha256)])
        try SignedFile.publish(
            try StoredJSON.encode(document), at: sample.path("removals/x.json"), purpose: .removal,
            signer: sample.writing.signer, files: sample.files, existing: .refuse)
        for path in [manifest(0), manifest(0) + ".sig"] { try sample.remove(path) }
        try sample.edit(manifest(1)) { $0[7] ^= 1 }
        #expect(try repaired().fetched == [manifest(1)])
        #expect(try sample.damage().isEmpty)
    }

    @Test func `nothing is taken that a signature does not vouch for`() throws {
        for path in [try ownChunk(0), escrow(0), manifest(1), "keys/id-key-1.age"] {
            try sample.edit(path) { $0[$0.count - 1] ^= 1 }
            try shell("cp \"$0\" \"$1\"", sample.path(path), other + "/" + path)
        }
        // In the copy the manifest also has a stranger's signature that holds.
        try SignedFile.publish(
            try sample.read(manifest(1)), at: other + "/" + manifest(1), purpose: .manifest, signer: .stranger(),
            files: sample.files, existing: .replace)
        let plan = try repaired()
        #expect(plan.fetched.isEmpty && plan.resealed == ["keys/id-key-1.age"])
        #expect(try Set(plan.quarantined) == [ownChunk(0), escrow(0), manifest(1), manifest(1) + ".sig"])
        #expect(plan.acknowledged.map(\.sequence) == [2])
    }

    @Test func `a manifest under another one's name is not taken`() throws {
        try sample.edit(manifest(0)) { $0[7] ^= 1 }
        for suffix in ["", ".sig"] {
            try shell("cp \"$0\" \"$1\"", other + "/" + manifest(2) + suffix, other + "/" + manifest(0) + suffix)
        }
        #expect(try repaired().fetched.isEmpty)
    }

    @Test func `a copy full of pipes and links is not waited for`() throws {
        for path in [try ownChunk(0), escrow(0), manifest(1)] {
            try sample.write("", to: path)
            try shell("rm \"$0\"; mkfifo \"$0\"", other + "/" + path)
        }
        try shell("rm -r \"$0/keys\"; ln -s /etc \"$0/keys\"", other)
        #expect(try repaired().fetched.isEmpty)
    }

    @Test func `a backup whose chunks the copy lacks as well comes back incomplete`() throws {
        let chunk = try ownChunk(2)
        for path in [manifest(2), manifest(2) + ".sig", chunk] { try sample.remove(path) }
        try sample.files.remove(other + "/" + chunk)
        let plan = try repaired()
        #expect(plan.fetched == [manifest(2)] && plan.incomplete == [made[2].id: 1])
        #expect(try sample.damage() == ["repository.chunk-missing \(chunk)"])
    }

    @Test func `bytes that are as recorded and wrong inside are no better from another copy`() throws {
        let keys = try sample.reopened().readingKeys(generation: 1, identities: [sample.identity], source: "test")
        let wrong = ReadingKeys(identity: keys.identity, idKey: .testing(String(repeating: "k", count: 32)))
        let repository = try sample.reopened()
        var repair = Repair(repository: repository, inventory: try Inventory(repository), other: other)
        let plan = try repair.plan(findings: try sample.findings(.readable([1: wrong])))
        #expect(plan.fetched.isEmpty && plan.quarantined.count == 4)
    }

    private func without() throws -> RepairPlan {
        let repository = try sample.reopened()
        var repair = Repair(repository: repository, inventory: try Inventory(repository), other: nil)
        let plan = try repair.plan(findings: try sample.findings())
        try repair.perform(plan, clock: SystemClock())
        return plan
    }

    @Test(arguments: [[1], [0, 1], [2]]) func `a backup that was given up comes back as long as the copy has it`(
        lost: [Int]
    ) throws {
        for index in lost { for suffix in ["", ".sig"] { try sample.remove(manifest(index) + suffix) } }
        #expect(try without().acknowledged.map(\.sequence) == lost.map { $0 + 1 })
        #expect(try sample.damage().isEmpty)
        #expect(try without().isEmpty)
        let plan = try repaired()
        #expect(plan.fetched == lost.map(manifest) && plan.acknowledged.isEmpty)
        #expect(try sample.findings(sample.readable()).isEmpty)
        #expect(try Inventory(try sample.reopened()).entries.map(\.id) == made.map(\.id))
        #expect(try repaired().isEmpty)
        // Lost once more, it is damage once more.
        for suffix in ["", ".sig"] { try sample.remove(manifest(lost[0]) + suffix) }
        #expect(try !sample.damage().isEmpty)
    }

    @Test func `of several that were given up the rest stays recorded when one comes back`() throws {
        for index in [0, 1] { for suffix in ["", ".sig"] { try sample.remove(manifest(index) + suffix) } }
        _ = try without()
        for suffix in ["", ".sig"] { try sample.files.remove(other + "/" + manifest(1) + suffix) }
        #expect(try repaired().fetched == [manifest(0)])
        #expect(try sample.damage().isEmpty)
    }

    @Test func `another backup of the same number is not taken for the one that is lost`() throws {
        for suffix in ["", ".sig"] {
            try sample.remove(manifest(1) + suffix)
            try sample.files.remove(other + "/" + manifest(1) + suffix)
        }
        var forked = made[1]
        forked.id = BackupID(started: Timestamp(seconds: 1_700_000_000), random: 7)
        try SignedFile.publish(
            try StoredJSON.encode(forked), at: other + "/backups/\(forked.id.text).json", purpose: .manifest,
            signer: sample.writing.signer, files: sample.files, existing: .refuse)
        let plan = try repaired()
        #expect(plan.fetched.isEmpty && plan.acknowledged.map(\.sequence) == [2])
    }

    @Test(arguments: [[0, 1, 2], [1, 2], [2]])
    func `backups that were lost when a newer one was taken come back, and the chain is whole`(lost: [Int]) throws {
        for index in lost { for suffix in ["", ".sig"] { try sample.remove(manifest(index) + suffix) } }
        // As the host does, which remembers the number.
        let newer = try sample.backup([noise(400)]) { $0.sequence = 4 }
        #expect(try !sample.damage().isEmpty)
        let plan = try repaired()
        #expect(plan.fetched == lost.map(manifest) && plan.acknowledged.isEmpty && plan.unmendable.isEmpty)
        #expect(try sample.findings(sample.readable()).filter(\.isDamage).isEmpty)
        #expect(try Inventory(try sample.reopened()).entries.map(\.id) == made.map(\.id) + [newer.id])
        #expect(try repaired().isEmpty)
    }

    @Test func `without the copy they are given up by their numbers, and by no other one's name`() throws {
        for index in [1, 2] { for suffix in ["", ".sig"] { try sample.remove(manifest(index) + suffix) } }
        try sample.backup([noise(400)]) { $0.sequence = 4 }
        let plan = try without()
        #expect(plan.acknowledged.map(\.sequence) == [2, 3] && plan.acknowledged.allSatisfy { $0.id == nil })
        #expect(plan.loss == "2 backups whose manifest is gone are given up")
        #expect(try sample.damage().isEmpty)
    }

    @Test func `what nothing mends is said, and is not nothing`() throws {
        let twin = try sample.backup([noise(400)]) { $0.sequence = 3 }
        let plan = try repaired()
        #expect(plan.isEmpty && plan.unmendable.contains { $0.hasSuffix("both have number 3") })
        #expect(plan.unmendable.joined().contains(twin.id.text) && plan.loss == "the chain of backups stays broken")
    }
}
