import DurableFiles
import Glibc
import Testing

@testable import Repository

@Suite struct ProofStoreTests {
    let sample: SampleRepository
    let manifest: Manifest
    let entry: InventoryEntry

    init() throws {
        sample = try SampleRepository()
        manifest = try sample.backup([noise(1)])
        entry = try #require(try Inventory(sample.repository).latest)
    }

    private func proof(
        _ level: ProofLevel, _ outcome: Proof.Outcome = .proven, at minute: Int = 0, manifest: String? = nil,
        backup: BackupID? = nil
    ) -> Proof {
        Proof(
            backup: backup ?? entry.id, manifest: manifest ?? entry.sha256, level: level, outcome: outcome,
            time: time(minute), program: "p", host: "h")
    }

    private func time(_ minute: Int) -> String { "2026-11-23T23:\(minute < 10 ? "0" : "")\(minute):00Z" }

    private func record(_ proof: Proof, signer: Signer? = nil) throws {
        try ProofStore.record(proof, signer: signer ?? sample.writing.signer, repository: sample.repository)
    }

    private func standing() throws -> ProofStore.Standing {
        try ProofStore.standing(of: entry, sample.repository)
    }

    private func expect(
        _ standing: ProofStore.Standing, _ level: ProofLevel?, _ time: String?, damaged: String?,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(standing.level == level, sourceLocation: sourceLocation)
        #expect(standing.time == time, sourceLocation: sourceLocation)
        #expect(standing.damaged == damaged, sourceLocation: sourceLocation)
    }

    private func notes() throws -> [String] { try sample.notes() }

    @Test func `a backup without proofs is not verified`() throws {
        expect(try standing(), nil, nil, damaged: nil)
    }

    @Test func `signed proofs are counted, from files of their own`() throws {
        try record(proof(.readable, at: 1))
        try record(proof(.stored, at: 2))
        expect(try standing(), .readable, time(1), damaged: nil)
        let files = try sample.files.list(sample.layout.proofs(entry.id)).map(\.name)
        #expect(files.count == 4 && files[0].hasPrefix("20261123T230100Z-") && files[0].hasSuffix(".json"))
        #expect(try notes().isEmpty)
    }

    private func files() throws -> [String] {
        try sample.files.list(sample.layout.proofs(entry.id)).map(\.name).sorted()
    }

    @Test func `of a thousand drills the last failure and the last success at each level stay`() throws {
        for minute in 1...12 {
            try record(proof(.equal, at: 4 * minute - 3))
            try record(proof(.decrypts, .failed, at: 4 * minute - 2))
            try record(proof(.decrypts, at: 4 * minute - 1))
            try record(proof(.boots, .failed, at: 4 * minute))
        }
        // Each with its signature; what was superseded has left neither.
        #expect(try files().count == 8)
        expect(try standing(), .decrypts, time(47), damaged: nil)
        let failure = try standing().failure
        #expect(failure?.level == .boots && failure?.time == time(48))
        #expect(try notes().isEmpty)
    }

    @Test func `where damage was ever found nothing that was proven goes, and damage itself never`() throws {
        try record(proof(.readable, at: 1))
        try record(proof(.stored, .damaged, at: 2))
        try record(proof(.stored, .damaged, at: 3))
        try record(proof(.readable, at: 4))
        try record(proof(.readable, at: 5))
        #expect(try files().count == 10)
        try record(proof(.decrypts, .failed, at: 6))
        try record(proof(.decrypts, .failed, at: 7))
        #expect(try files().count == 12)
        expect(try standing(), .readable, time(5), damaged: nil)
    }

    @Test func `another manifest's proofs, and those whose signature does not hold, are left alone`() throws {
        try record(proof(.readable, at: 1, manifest: String(repeating: "0", count: 64)))
        try record(proof(.readable, at: 2), signer: Signer.stranger())
        try record(proof(.readable, at: 3))
        try record(proof(.readable, at: 4))
        #expect(try files().count == 6)
    }

    @Test(arguments: ["stranger", "edited", "unsigned", "purpose", "not a proof"])
    func `a forged proof counts for nothing and is a note`(forgery: String) throws {
        let signer = try forgery == "stranger" ? Signer.stranger() : sample.writing.signer
        let path = "proofs/\(entry.id.text)/x.json"
        try sample.files.createFolder(sample.layout.proofs(entry.id))
        try SignedFile.publish(
            forgery == "not a proof" ? Array("{}".utf8) : try StoredJSON.encode(proof(.boots)),
            at: sample.path(path), purpose: forgery == "purpose" ? .manifest : .proof, signer: signer,
            files: sample.files, existing: .replace)
        switch forgery {
        case "edited": try sample.edit(path) { $0[$0.count / 2] ^= 1 }
        case "unsigned": try sample.remove(path + ".sig")
        default: break
        }
        #expect(try standing().level == nil)
        #expect(try notes() == ["repository.unread-proof \(path)"])
    }

    @Test func `a proof of another manifest, or of another backup, counts for nothing`() throws {
        try record(proof(.boots, manifest: String(repeating: "0", count: 64)))
        let other = try sample.backup([noise(2)])
        try record(proof(.boots, backup: other.id))
        for file in try sample.files.list(sample.layout.proofs(other.id)) {
            try sample.write(
                try sample.read("proofs/\(other.id.text)/\(file.name)"), to: "proofs/\(entry.id.text)/\(file.name)")
        }
        #expect(try standing().level == nil)
    }

    @Test func `a pipe in place of a proof is not waited for`() throws {
        try sample.files.createFolder(sample.layout.proofs(entry.id))
        mkfifo(sample.path("proofs/\(entry.id.text)/x.json"), 0o600)
        #expect(try standing().level == nil)
    }

    @Test func `a file in place of the folder of proofs is damage`() throws {
        try sample.write("x", to: "proofs/\(entry.id.text)")
        #expect(throws: RepositoryFault.malformed(path: "proofs/\(entry.id.text)", reason: "it is not a folder")) {
            try standing()
        }
    }

    // MARK: - Drills that failed

    private func failed(_ level: ProofLevel, at minute: Int) -> Proof {
        var proof = proof(level, .failed, at: minute)
        proof.failure = Proof.Failure(code: "drill.differs", message: "minute \(minute)")
        return proof
    }

    @Test func `a failed drill takes back nothing, and stays until one that goes as far succeeds`() {
        let before = ProofStore.standing([proof(.decrypts, at: 1), failed(.equal, at: 2)])
        expect(before, .decrypts, time(1), damaged: nil)
        #expect(before.failure?.level == .equal && before.failure?.time == time(2))
        #expect(before.failure?.code == "drill.differs" && before.failure?.message == "minute 2")
        let shallow = ProofStore.standing([failed(.equal, at: 2), proof(.restored, at: 3), proof(.readable, at: 4)])
        expect(shallow, .restored, time(3), damaged: nil)
        #expect(shallow.failure?.level == .equal)
        let again = ProofStore.standing([failed(.equal, at: 2), proof(.equal, at: 3)])
        #expect(again.failure == nil && again.level == .equal)
        // A key that was supplied says nothing of the backup's own.
        let supplied = ProofStore.standing([failed(.decrypts, at: 2), proof(.decryptsSupplied, at: 3)])
        #expect(supplied.failure?.level == .decrypts && supplied.level == .decryptsSupplied)
        #expect(ProofStore.standing([failed(.decrypts, at: 1), proof(.equal, at: 1)]).failure != nil)
    }

    @Test func `of failures the last counts, and each until its own level is proven`() {
        let both = [failed(.boots, at: 1), failed(.equal, at: 2)]
        #expect(ProofStore.standing(both).failure?.level == .equal)
        #expect(ProofStore.standing(both + [proof(.decrypts, at: 3)]).failure?.level == .boots)
        #expect(ProofStore.standing(both + [proof(.boots, at: 3)]).failure == nil)
    }

    @Test
    func `a failed drill says nothing of chunks, neither for damage nor against it, nor of what retention counts`()
        throws
    {
        try record(failed(.equal, at: 1))
        #expect(try standing().failure?.message == "minute 1")
        #expect(try ProofStore.damage(of: entry, sample.repository) == nil)
        try record(proof(.readable, .damaged, at: 2))
        try record(failed(.boots, at: 3))
        #expect(try ProofStore.damage(of: entry, sample.repository)?.level == .readable)
        expect(try standing(), nil, nil, damaged: time(2))
        let inventory = try Inventory(sample.repository)
        #expect(try BackupHistory(inventory, sample.repository).isGood(entry.id))
        #expect(try notes().isEmpty)
    }

    // MARK: - Standing

    @Test func `the highest level counts, and when it was last proven`() {
        let standing = ProofStore.standing([
            proof(.readable, at: 3), proof(.stored, at: 5), proof(.readable, at: 4), proof(.stored, at: 1),
        ])
        expect(standing, .readable, time(4), damaged: nil)
    }

    @Test func `damage takes back what was proven before`() {
        let damaged = ProofStore.standing([proof(.boots, at: 1), proof(.stored, .damaged, at: 2)])
        expect(damaged, nil, nil, damaged: time(2))
        let again = ProofStore.standing([
            proof(.boots, at: 1), proof(.stored, .damaged, at: 2), proof(.stored, at: 3),
        ])
        expect(again, .stored, time(3), damaged: nil)
    }

    @Test func `once all of it can be read again, what was proven before the damage counts again`() {
        let whole = ProofStore.standing([
            proof(.decrypts, at: 1), proof(.stored, .damaged, at: 2), proof(.stored, at: 3), proof(.readable, at: 4),
        ])
        expect(whole, .decrypts, time(1), damaged: nil)
        #expect(whole.proven(at: .readable) == time(4))
        let deep = ProofStore.standing([
            proof(.decrypts, at: 1), proof(.readable, .damaged, at: 2), proof(.stored, at: 3),
            proof(.readable, .damaged, at: 4),
        ])
        expect(deep, nil, nil, damaged: time(4))
    }

    @Test func `of one second damage counts last`() {
        for order in [false, true] {
            let proofs = [proof(.readable, at: 1), proof(.stored, .damaged, at: 1)]
            #expect(ProofStore.standing(order ? proofs : proofs.reversed()).damaged == time(1))
        }
    }

    @Test func `damage that only decrypting finds is not undone by a check that does not decrypt`() {
        let shallow = ProofStore.standing([proof(.readable, .damaged, at: 1), proof(.stored, at: 2)])
        expect(shallow, .stored, time(2), damaged: time(1))
        let deep = ProofStore.standing([
            proof(.readable, .damaged, at: 1), proof(.stored, .damaged, at: 2), proof(.stored, at: 3),
        ])
        #expect(deep.damaged == time(2))
        let gone = ProofStore.standing([
            proof(.readable, .damaged, at: 1), proof(.stored, at: 2), proof(.readable, at: 3),
            proof(.stored, .damaged, at: 4), proof(.stored, at: 5),
        ])
        expect(gone, .stored, time(5), damaged: nil)
    }

    @Test func `each level has the time at which it was last proven, by a check as deep or deeper`() {
        let standing = ProofStore.standing([
            proof(.boots, at: 1), proof(.readable, at: 2), proof(.stored, at: 3),
        ])
        expect(standing, .boots, time(1), damaged: nil)
        #expect(standing.proven(at: .stored) == time(3) && standing.proven(at: .readable) == time(2))
        #expect(standing.proven(at: .restored) == time(1) && standing.proven(at: .boots) == time(1))
        let damaged = ProofStore.standing([
            proof(.boots, at: 1), proof(.readable, .damaged, at: 2), proof(.stored, at: 3),
        ])
        #expect(damaged.proven(at: .readable) == nil && damaged.proven(at: .stored) == time(3))
        #expect(damaged.damagedLevel == .readable)
    }
}
