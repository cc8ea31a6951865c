import DurableFiles
import Effects
import Repository
import Testing

@Suite struct InventoryTests {
    let sample: SampleRepository
    init() throws { sample = try SampleRepository() }

    private func found(_ text: String) throws -> BackupID {
        try Inventory(sample.repository).find(text, repository: sample.root).id
    }

    @Test func `a repository without backups says so`() throws {
        #expect(try Inventory(sample.repository).latest == nil)
        for text in ["latest", "2026", ""] {
            #expect(throws: RepositoryFault.noBackups(repository: sample.root)) { try found(text) }
        }
    }

    @Test func `a backup is found by latest, its id, or the beginning of its id`() throws {
        let first = try sample.backup([noise(1)]), second = try sample.backup([noise(2)])
        #expect(try found("latest") == second.id && found(first.id.text) == first.id)
        #expect(try found(String(first.id.text.dropLast(1))) == first.id)
        #expect(throws: RepositoryFault.noSuchBackup("2031")) { try found("2031") }
        #expect(throws: RepositoryFault.noSuchBackup("")) { try found("") }
        #expect(throws: RepositoryFault.noSuchBackup(first.id.text + "0")) { try found(first.id.text + "0") }
    }

    @Test func `a beginning of several is refused with all of them`() throws {
        let ids = try (1...2).map { try sample.backup([noise($0)]).id.text }
        #expect(throws: RepositoryFault.ambiguousBackup("2023", candidates: ids)) { try found("2023") }
    }

    @Test func `a backup whose manifest is damaged is not said to be absent`() throws {
        let first = try sample.backup([noise(1)]), second = try sample.backup([noise(2)])
        try sample.edit("backups/\(second.id.text).json") { $0[5] ^= 1 }
        let damage = RepositoryFault.badSignature(
            path: "backups/\(second.id.text).json",
            reason: "it was edited, or signed by a key that no trusted signer vouches for")
        #expect(throws: damage) { try found(second.id.text) }
        // The newest one that can be used; that it may not be the newest is told beside it.
        #expect(try found("latest") == first.id)
        let inventory = try Inventory(sample.repository)
        let doubt = RepositoryFault.latestUncertain(reason: damage.message, newest: first.id.text)
        #expect(throws: doubt) { try inventory.findForRestore("latest", repository: "r") }
        #expect(try inventory.findForRestore(first.id.text, repository: "r").id == first.id)
        try sample.edit("backups/\(first.id.text).json") { $0[5] ^= 1 }
        #expect(throws: RepositoryFault.self) { try found("latest") }
    }

    @Test func `damage of an older manifest says nothing of which backup is the latest`() throws {
        let made = try (1...3).map { try sample.backup([noise($0)]) }
        let latest = { try Inventory(sample.repository).findForRestore("latest", repository: "r").id }
        // The one after it names it.
        try sample.edit("backups/\(made[1].id.text).json") { $0[5] ^= 1 }
        #expect(try latest() == made[2].id)
        // Of this nothing is known any more: it could be a newer one.
        try sample.edit("backups/\(made[0].id.text).json") { $0[5] ^= 1 }
        #expect(throws: RepositoryFault.self) { try latest() }
    }

    @Test func `without its newest backup the repository went back, for a host that saw it`() throws {
        try sample.backup([noise(1)])
        let second = try sample.backup([noise(2)])
        for suffix in ["", ".sig"] { try sample.remove("backups/\(second.id.text).json" + suffix) }
        let findings = try Inventory(sample.repository).findings
        #expect(findings.map(\.code) == ["repository.went-back"])
        #expect(findings.first?.message.contains("number 1") == true)
        #expect(try Inventory(sample.openedElsewhere()).findings.isEmpty)
    }

    @Test(arguments: ["backups", "removals"])
    func `a backup that is published while the folders are read is no repository that went back`(folder: String) throws
    {
        try sample.backup([noise(1)])
        let sample = sample
        let observer = Meanwhile(after: { $0.kind == .list && $0.subject.hasSuffix("/" + folder) }) {
            try sample.backup([noise(2)])
        }
        let repository = try Repository(
            path: sample.root, stateFolder: sample.state, pinned: nil,
            files: Files(effects: Effects(observer: observer)))
        let inventory = try Inventory(repository)
        #expect(observer.happened && inventory.findings.isEmpty && inventory.entries.count == 1)
    }

    @Test func `with all its backups gone it went back too`() throws {
        let only = try sample.backup([noise(1)])
        for suffix in ["", ".sig"] { try sample.remove("backups/\(only.id.text).json" + suffix) }
        #expect(try Inventory(sample.repository).findings.map(\.code) == ["repository.went-back"])
    }

    @Test func `records are all those of a name`() throws {
        let first = try sample.backup([noise(1), noise(2)])
        let other = ChunkRecord(bytes: 1, plain: 1, sha256: String(repeating: "0", count: 64))
        let name = try #require(first.chunks.keys.first), record = try #require(first.chunks[name])
        try sample.backup([noise(3)]) {
            $0.chunks[name] = other
            $0.key.generation = 2
        }
        let inventory = try Inventory(sample.repository)
        #expect(inventory.records()[name] == [record, other])
    }

    @Test func `an attacker's manifest brings no records`() throws {
        let real = try sample.backup([noise(1)])
        let name = try #require(real.chunks.keys.first)
        let forged = ChunkRecord(bytes: 1, plain: 1, sha256: String(repeating: "0", count: 64))
        try sample.backup([noise(2)], signer: .stranger()) { $0.chunks[name] = forged }
        #expect(try Inventory(sample.repository).records()[name]?.contains(forged) == false)
    }

    @Test func `sums of a manifest are those of all its databases`() throws {
        let manifest = try sample.backup([noise(1), noise(20)]) {
            $0.databases.append($0.databases[0])
            $0.databases[1].leftOut = [.init(kind: "data of foreign table", name: "f")]
        }
        #expect(manifest.tableCount == 2 && manifest.rowCount == 2)
        #expect(manifest.storedBytes == manifest.chunks.values.map(\.bytes).reduce(0, +))
        #expect(manifest.leftOut.map(\.name) == ["f"])
        #expect(Manifest.streams(of: manifest.databases[0]).count == 5)
        #expect(manifest.databases[0].server.major == 15)
        #expect(manifest.databases[0].tables[0].displayName == "public.t")
    }
}
