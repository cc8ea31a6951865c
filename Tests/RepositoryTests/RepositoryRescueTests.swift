import Age
import DurableFiles
import Effects
import Repository
import Secrets
import TestSupport
import Testing

@Suite struct RepositoryRescueTests {
    let sample: SampleRepository
    let other: String

    init() throws {
        let sample = try SampleRepository()
        try sample.backup([noise(10)])
        other = try sample.copied(as: "other")
        self.sample = sample
    }

    private func rescue(from: String? = nil, pinned: String? = nil) throws -> RepositoryRescue? {
        try RepositoryRescue(
            path: sample.root, other: from ?? other, stateFolder: sample.state, pinned: pinned, files: sample.files)
    }

    @Test(arguments: [
        ["repository.json"], ["keys/allowed_signers"], ["keys/keyring-1.json"], ["keys/keyring-1.json.sig"],
        ["repository.json", "keys/allowed_signers", "keys/keyring-1.json", "keys/keyring-1.json.sig"],
    ])
    func `what is missing comes out of the other copy`(names: [String]) throws {
        for name in names { try sample.remove(name) }
        #expect(throws: RepositoryFault.self) { try sample.reopened() }
        let rescue = try #require(try rescue())
        #expect(Set(rescue.plan.fetched) == Set(names) && rescue.plan.quarantined.isEmpty)
        try rescue.perform()
        #expect(try sample.damage().isEmpty)
    }

    @Test func `what is damaged is kept in quarantine`() throws {
        try sample.write("garbage", to: "keys/allowed_signers")
        try sample.write("{}", to: "keys/keyring-99.json")
        let rescue = try #require(try rescue())
        #expect(rescue.plan.fetched == ["keys/allowed_signers"])
        #expect(rescue.plan.quarantined == ["keys/allowed_signers", "keys/keyring-99.json"])
        try rescue.perform()
        #expect(try sample.damage().isEmpty)
        #expect(try sample.files.list(sample.layout.quarantine).count == 2)
    }

    @Test func `introductions come back before the line they are for`() throws {
        let second = try Signer.stranger(), line = second.allowedSignersLine(comment: "x")
        let text = try sample.read("keys/allowed_signers") + Array((line + "\n").utf8)
        try sample.files.publish(text, at: other + "/keys/allowed_signers")
        try sample.files.publish(
            try sample.writing.signer.sign(Array(line.utf8), for: .signer), at: other + "/keys/introduction-2.sig")
        try sample.remove("keys/allowed_signers")
        let rescue = try #require(try rescue())
        #expect(rescue.plan.fetched == ["keys/introduction-2.sig", "keys/allowed_signers"])
        try rescue.perform()
        #expect(try sample.reopened().signers.keys.count == 2)
    }

    @Test func `the whole folder of keys comes back with what follows`() throws {
        try shell("rm -r \"$0\"", sample.layout.keys)
        try #require(try rescue()).perform()
        let repository = try sample.reopened()
        var repair = Repair(repository: repository, inventory: try Inventory(repository), other: other)
        let plan = try repair.plan(findings: try sample.findings())
        #expect(plan.fetched.count == 3)
        try repair.perform(plan, clock: SystemClock())
        #expect(try sample.findings(sample.readable()).isEmpty)
    }

    @Test func `a copy that has nothing to give does not help`() throws {
        #expect(try rescue() == nil)
    }

    @Test func `another repository's keys are not put here, though this host knows it`() throws {
        // The operator named the wrong folder; both repositories are of the same host.
        let identity = try AgeIdentity.generate(), path = sample.folder.path("wrong")
        _ = try RepositoryCreation(
            path: path, stateFolder: sample.state, files: sample.files, clock: SystemClock()
        ).create(id: try RepositoryCreation.newID(), recipients: [try identity.recipient()])
        try sample.remove("keys/allowed_signers")
        #expect(try rescue(from: path) == nil)
        try sample.remove("repository.json")
        #expect(try rescue(from: path) == nil)
    }

    @Test func `a copy that cannot be trusted itself is told`() throws {
        try sample.remove("keys/allowed_signers")
        let stranger = try Signer.stranger().fingerprint
        #expect(throws: RepositoryFault.signerUnknown(pinned: stranger)) {
            try rescue(pinned: stranger)
        }
        try sample.files.publish(Array("{}".utf8), at: other + "/keys/keyring-1.json")
        #expect(throws: RepositoryFault.self) { try rescue() }
        #expect(throws: RepositoryFault.notARepository(path: "/none")) { try rescue(from: "/none") }
    }

    @Test func `a copy that went back is not taken`() throws {
        _ = try RecipientChange(repository: try sample.reopened(), clock: SystemClock()).rekey(
            recipients: [try sample.identity.recipient()])
        try sample.remove("keys/allowed_signers")
        #expect(
            throws: RepositoryFault.malformed(
                path: "keys", reason: "the newest keyring is revision 1, but this host saw revision 2")
        ) { try rescue() }
    }

    @Test func `plans that follow each other add up`() throws {
        let id = try #require(BackupID("20261123T234700Z-1f2e3d4c"))
        var plan = RepairPlan(), more = RepairPlan()
        plan.fetched = ["a"]
        plan.incomplete = [id: 1]
        more.fetched = ["b"]
        more.quarantined = ["c"]
        more.resealed = ["d"]
        more.removed = ["e"]
        more.acknowledged = [.init(sequence: 1, id: nil, sha256: nil)]
        more.incomplete = [id: 2]
        plan.add(more)
        more.fetched = ["a", "b"]
        more.incomplete = [id: 3]
        #expect(plan == more && !plan.isEmpty && RepairPlan().isEmpty)
    }
}
