import Age
import DurableFiles
import Effects
import Repository
import Secrets
import TestSupport
import Testing

@Suite struct RepairTests {
    let sample: SampleRepository
    private let kept = [Escrow.File(path: "/.env", mode: 0o600, content: .testing("K=V"))]

    init() throws { sample = try SampleRepository() }

    private func plan(_ depth: Verification.Depth = .stored) throws -> (Repair, RepairPlan) {
        let repository = try sample.reopened()
        var repair = Repair(repository: repository, inventory: try Inventory(repository), other: nil)
        let plan = try repair.plan(findings: try sample.findings(depth))
        return (repair, plan)
    }

    /// Repairs, and returns what was planned.
    @discardableResult
    private func repaired(_ depth: Verification.Depth = .stored) throws -> RepairPlan {
        let (repair, plan) = try plan(depth)
        try repair.perform(plan, clock: SystemClock())
        return plan
    }

    private func quarantined() throws -> [String] {
        try sample.files.list(sample.layout.quarantine).map { String($0.name.dropLast(9)) }
    }

    @Test func `there is nothing to do for a repository in order`() throws {
        try sample.backup([noise(10)], escrow: kept)
        let plan = try plan().1
        #expect(plan.isEmpty && plan.incomplete.isEmpty)
    }

    @Test func `a damaged chunk moves away, and the next backup writes it again for all`() throws {
        let first = try sample.backup([noise(100)]), second = try sample.backup([noise(100), noise(50)])
        let path = sample.chunk(try #require(first.chunks.keys.first))
        try sample.edit(path) { $0[$0.count - 1] ^= 1 }
        let plan = try repaired()
        #expect(plan.quarantined == [path] && plan.incomplete == [first.id: 1, second.id: 1])
        #expect(try quarantined() == [path.replacing("/", with: "-")])
        #expect(try sample.damage() == ["repository.chunk-missing \(path)"])
        #expect(try sample.backup([noise(100)]).added.chunks == 1)
        #expect(try sample.findings(sample.readable()).isEmpty)
    }

    @Test func `a chunk whose content is gone from the database stays missing, and is counted`() throws {
        let first = try sample.backup([noise(100), noise(200)])
        for name in first.chunks.keys { try sample.remove(sample.chunk(name)) }
        let plan = try plan().1
        #expect(plan.isEmpty && plan.incomplete == [first.id: 2])
    }

    @Test(arguments: ["folder", "link", "pipe", "file for folder"])
    func `what is no chunk moves away too`(kind: String) throws {
        let manifest = try sample.backup([noise(100)])
        let path = sample.path(sample.chunk(try #require(manifest.chunks.keys.first)))
        switch kind {
        case "folder": try shell("rm \"$0\"; mkdir \"$0\"; echo >\"$0/x\"", path)
        case "link": try shell("ln -sf /etc/passwd \"$0\"", path)
        case "pipe": try shell("rm \"$0\"; mkfifo \"$0\"", path)
        default: try shell("rm -r \"$0\"; echo >\"$0\"", Files.parent(of: path))
        }
        #expect(try repaired().quarantined.count == 1)
        try sample.backup([noise(100)])
        #expect(try sample.damage().isEmpty)
    }

    @Test func `a damaged manifest moves away with its signature, and its loss is signed for`() throws {
        let made = try (1...3).map { try sample.backup([noise($0)]) }
        let name = "backups/\(made[1].id.text).json"
        try sample.edit(name) { $0[9] ^= 1 }
        let plan = try repaired()
        #expect(plan.quarantined == [name, name + ".sig"] && plan.incomplete == [made[1].id: 1])
        #expect(plan.acknowledged.map(\.sequence) == [2] && plan.acknowledged.first?.id == made[1].id)
        #expect(try sample.damage().isEmpty)
        #expect(try sample.backup([noise(4)]).sequence == 4)
        #expect(try sample.damage().isEmpty)
    }

    @Test func `missing manifests, the newest among them, are signed for, and the chain goes on`() throws {
        let made = try (1...4).map { try sample.backup([noise($0)]) }
        for index in [1, 3] {
            for suffix in ["", ".sig"] { try sample.remove("backups/\(made[index].id.text).json" + suffix) }
        }
        #expect(try repaired().acknowledged.map(\.sequence) == [2, 4])
        #expect(try sample.damage().isEmpty)
        try sample.backup([noise(5)]) { $0.sequence = 5 }
        #expect(try sample.damage().isEmpty)
        #expect(try repaired().isEmpty)
    }

    @Test func `a forged removal moves away`() throws {
        try sample.backup([noise(1)])
        try sample.write("{}", to: "removals/x.json")
        #expect(try repaired().quarantined == ["removals/x.json"])
        #expect(try sample.damage().isEmpty)
    }

    @Test func `a damaged escrow file moves away, and its backup stays without one`() throws {
        let manifest = try sample.backup([noise(1)], escrow: kept), name = "escrow/\(manifest.id.text).age"
        try sample.edit(name) { $0[50] ^= 1 }
        let plan = try repaired()
        #expect(plan.quarantined == [name] && plan.incomplete == [manifest.id: 1])
        #expect(try sample.damage() == ["repository.missing-file \(name)"])
    }

    @Test func `temporary files are removed, strangers are not`() throws {
        try sample.write("x", to: "tmp/.tmp-1")
        try sample.write("x", to: "removals/.tmp-2")
        try sample.write("x", to: "removals/README")
        #expect(try repaired().removed == ["tmp/.tmp-1", "removals/.tmp-2"])
        #expect(try sample.notes() == ["repository.unknown-file removals/README"])
    }

    // MARK: - Keys and recovery files

    @Test(arguments: ["identity-1.age", "id-key-1.age", "signing-key-1.age"], [true, false])
    func `a sealed key is written again, and opens as before`(name: String, missing: Bool) throws {
        try sample.backup([noise(1)])
        if missing { try sample.remove("keys/" + name) } else { try sample.write("x", to: "keys/" + name) }
        #expect(try repaired().resealed == ["keys/" + name])
        #expect(try sample.damage().isEmpty && sample.notes().isEmpty)
        try RepositoryCreation(
            path: sample.root, stateFolder: sample.folder.path("second"), files: sample.files, clock: SystemClock()
        ).adopt(pinned: sample.signer, identities: [sample.identity], source: "sheet")
        let adopted = try sample.reopened(state: sample.folder.path("second")).writingKeys()
        #expect(try adopted.idKey.equals(sample.writing.idKey))
    }

    @Test func `all sealed keys at once are written again`() throws {
        try sample.backup([noise(1)])
        try shell("rm \"$0\"/*.age", sample.layout.keys)
        #expect(try repaired().resealed.count == 3)
        #expect(try sample.damage().isEmpty)
    }

    @Test func `an identity that no manifest has cannot be written again, and that is said`() throws {
        try sample.remove("keys/identity-1.age")
        #expect(throws: RepositoryFault.notRemakable(path: "keys/identity-1.age")) { try repaired() }
    }

    @Test func `an identity lost after a change of recipients comes back for those before`() throws {
        let other = try AgeIdentity.generate()
        try sample.backup([noise(1)])
        try RecipientChange(repository: try sample.reopened(), clock: SystemClock()).perform(
            recipients: [try other.recipient()], identities: [sample.identity], source: "test")
        try sample.remove("keys/identity-1.age")
        try repaired()
        #expect(try sample.damage().isEmpty)
        _ = try sample.reopened().readingKeys(generation: 1, identities: [sample.identity], source: "test")
    }

    @Test func `without this host's keys nothing is sealed or signed again`() throws {
        let first = try sample.backup([noise(1)])
        try sample.remove("keys/id-key-1.age")
        try sample.remove("backups/\(first.id.text).json")
        try sample.backup([noise(2)]) { $0.sequence = 2 }
        let elsewhere = try sample.openedElsewhere()
        let findings = try sample.findings(of: elsewhere)
        var repair = Repair(repository: elsewhere, inventory: try Inventory(elsewhere), other: nil)
        var plan = try repair.plan(findings: findings)
        #expect(plan.resealed == ["keys/id-key-1.age"] && plan.acknowledged.map(\.sequence) == [1])
        #expect(throws: RepositoryFault.hostKeysMissing(folder: elsewhere.host.folder)) {
            try repair.perform(plan, clock: SystemClock())
        }
        plan.resealed = []
        #expect(throws: RepositoryFault.hostKeysMissing(folder: elsewhere.host.folder)) {
            try repair.perform(plan, clock: SystemClock())
        }
    }

    @Test func `a signer that nobody vouches for is struck out, and the numbers of the others stay`() throws {
        try sample.backup([noise(1)])
        let text = String(decoding: try sample.read("keys/allowed_signers"), as: UTF8.self)
        let introduced = try Signer.stranger(), line = introduced.allowedSignersLine(comment: "third")
        try sample.write(
            text + (try Signer.stranger().allowedSignersLine(comment: "evil")) + "\n" + line + "\n",
            to: "keys/allowed_signers")
        try sample.write(try sample.writing.signer.sign(Array(line.utf8), for: .signer), to: "keys/introduction-3.sig")
        #expect(try repaired().resealed == ["keys/allowed_signers"])
        #expect(try sample.damage().isEmpty)
        #expect(try sample.reopened().signers.lines.map(\.number) == [1, 3])
        #expect(try String(decoding: sample.read("keys/allowed_signers"), as: UTF8.self) == text + "\n" + line + "\n")
    }

    @Test func `edited recovery files are written again`() throws {
        let hashes = try RecoveryFiles.write(layout: sample.layout, files: sample.files)
        try sample.backup([noise(1)]) { $0.recovery = hashes }
        try sample.edit("recover.sh") { $0.append(10) }
        try shell("rm \"$0\"; mkfifo \"$0\"", sample.path("RECOVER.md"))
        #expect(try repaired().resealed == ["RECOVER.md", "recover.sh"])
        #expect(try sample.damage().isEmpty && sample.notes().isEmpty)
        #expect(try sample.files.status(sample.path("recover.sh"))?.mode == 0o700)
    }

    @Test func `backups that stay incomplete are named in the order in which they were taken`() throws {
        // Those of one second have names in any order.
        let made = try (0..<6).map { _ in try sample.backup([noise(100)]) }.map(\.id)
        try sample.remove(sample.chunk(try #require(try Inventory(sample.reopened()).records().keys.first)))
        let plan = try plan().1
        #expect(plan.incompleteInOrder.map(\.id) == made && plan.incompleteInOrder.allSatisfy { $0.count == 1 })
        var other = RepairPlan()
        let ids = (1...3).map { BackupID(started: Timestamp(seconds: 1_700_000_000), random: $0) }
        (other.order, other.incomplete) = ([ids[2], ids[0]], [ids[0]: 1, ids[1]: 2, ids[2]: 3])
        #expect(other.incompleteInOrder.map(\.count) == [2, 3, 1])
    }
}
