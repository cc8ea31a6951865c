import DurableFiles
import Repository
import Testing

@Suite struct RemovalsTests {
    let sample: SampleRepository
    let made: [Manifest]

    init() throws {
        let sample = try SampleRepository()
        made = try (1...3).map { try sample.backup([noise($0)]) }
        self.sample = sample
    }

    private func remove(_ index: Int) throws {
        for suffix in ["", ".sig"] { try sample.remove("backups/\(made[index].id.text).json" + suffix) }
    }

    private func removed(_ index: Int) throws -> Removals.Removed {
        let entry = try #require(try Inventory(sample.repository).entries.first { $0.id == made[index].id })
        return Removals.Removed(sequence: index + 1, id: entry.id, sha256: entry.sha256)
    }

    private func publish(
        _ removed: [Removals.Removed], signer: Signer? = nil, repository: String? = nil,
        purpose: SignaturePurpose = .removal
    ) throws {
        let document = Removals.Document(
            repository: repository ?? sample.repository.description.id, time: "2026-11-23T23:47:00Z", reason: "pruned",
            removed: removed)
        try SignedFile.publish(
            try StoredJSON.encode(document), at: sample.path("removals/x.json"), purpose: purpose,
            signer: signer ?? sample.writing.signer, files: sample.files, existing: .replace)
    }

    @Test func `a gap that a signed removal names is none`() throws {
        try publish([try removed(1)])
        try remove(1)
        #expect(try sample.damage().isEmpty)
        #expect(try Inventory(sample.repository).entries.map(\.id) == [made[0].id, made[2].id])
    }

    @Test func `removed at the end, the repository did not go back`() throws {
        try publish([try removed(2)])
        try remove(2)
        #expect(try sample.damage().isEmpty)
    }

    @Test func `a number alone suffices where the manifest was lost unread, but the next must still fit`() throws {
        try publish([Removals.Removed(sequence: 2, id: nil, sha256: nil)])
        try remove(1)
        #expect(try sample.damage() == ["repository.broken-chain backups/\(made[2].id.text).json"])
        // The one behind it names what was lost; naming that as well closes the chain.
        let link = try #require(try Inventory(sample.repository).latest?.manifest.previous)
        try publish([Removals.Removed(sequence: 2, id: link.id, sha256: link.sha256)])
        #expect(try sample.damage().isEmpty)
    }

    @Test func `a removal names what it names and no other number`() throws {
        try publish([try removed(0)])
        try remove(1)
        #expect(try sample.damage() == ["repository.broken-chain backups/\(made[2].id.text).json"])
    }

    @Test(arguments: ["stranger", "purpose", "edited", "unsigned", "other repository", "empty", "not JSON"])
    func `a forged removal counts for nothing and is damage itself`(forgery: String) throws {
        let removed = try removed(1)
        try remove(1)
        try publish([removed])
        var code = "repository.bad-signature"
        switch forgery {
        case "stranger": try publish([removed], signer: .stranger())
        case "purpose": try publish([removed], purpose: .proof)
        case "edited": try sample.edit("removals/x.json") { $0[$0.count / 2] ^= 1 }
        case "unsigned":
            try sample.remove("removals/x.json.sig")
            code = "repository.missing-file"
        case "other repository":
            try publish([removed], repository: String(repeating: "0", count: 32))
            code = "repository.malformed"
        case "empty":
            try sample.write("", to: "removals/x.json")
            code = "repository.malformed"
        default:
            try SignedFile.publish(
                Array("{}".utf8), at: sample.path("removals/x.json"), purpose: .removal,
                signer: sample.writing.signer, files: sample.files, existing: .replace)
            code = "repository.malformed"
        }
        #expect(
            try Set(sample.damage()) == [
                "\(code) removals/x.json", "repository.broken-chain backups/\(made[2].id.text).json",
            ])
    }

    @Test func `what a killed run or somebody else left there is a note`() throws {
        try sample.write("x", to: "removals/.tmp-0123456789abcdef")
        try sample.write("x", to: "removals/README")
        try sample.write("x", to: "removals/y.json.sig")
        try sample.files.createFolder(sample.path("removals/folder"))
        #expect(try sample.damage().isEmpty)
        #expect(
            try sample.notes() == [
                "repository.temporary-file removals/.tmp-0123456789abcdef", "repository.unknown-file removals/README",
                "repository.unknown-file removals/folder",
            ])
    }
}
