import Age
import Crypto
import DurableFiles
import Glibc
import Repository
import Secrets
import TestSupport
import Testing

@Suite struct EscrowTests {
    let sample: SampleRepository
    private let kept = [
        Escrow.File(path: "/srv/infisical/.env", mode: 0o640, content: .testing("KEY=é\n\u{1}")),
        Escrow.File(path: "/srv/other/.env", mode: 0o100_600, content: .testing("")),
        Escrow.File(path: "/srv/compose.yaml", mode: 0o4755, content: .testing("services:\n")),
    ]

    init() throws { sample = try SampleRepository() }

    private func entry(_ index: Int = 0) throws -> InventoryEntry {
        try Inventory(sample.repository).entries[index]
    }

    private func open(_ index: Int = 0, _ identity: AgeIdentity? = nil) throws -> [(name: String, file: Escrow.File)] {
        try Escrow.open(
            try entry(index), identities: [identity ?? sample.identity], source: "test", repository: sample.repository)
    }

    @Test func `files come back with place, mode and content, under names of their own`() throws {
        let manifest = try sample.backup([noise(1)], escrow: kept)
        let opened = try open()
        #expect(opened.map(\.name) == [".env", "2-.env", "compose.yaml"])
        #expect(opened.map(\.file.path) == kept.map(\.path))
        #expect(opened.map(\.file.mode) == [0o640, 0o600, 0o755])
        #expect(opened.map(\.file.content.text) == kept.map(\.content.text))
        let record = try #require(manifest.escrow)
        #expect(record.names == [".env", "2-.env", "compose.yaml"])
        #expect(record.recipients == [try sample.identity.recipient().text])
        #expect(record.sha256 == SHA256.hash(try sample.read("escrow/\(manifest.id.text).age")).hex)
    }

    @Test func `age opens an escrow file, and jq finds the files in it`() throws {
        let manifest = try sample.backup([noise(1)], escrow: kept)
        try sample.files.publishSecret(try AgeIdentityFile.render(sample.identity), at: sample.folder.path("identity"))
        try sample.files.publish(kept[0].content.withBytes { Array($0) }, at: sample.folder.path("expected"))
        try shell(
            """
            cd "$0"; age -d -i identity "repository/escrow/$1.age" >opened
            jq -r '.files[0].content' opened | base64 -d | cmp - expected
            """, sample.folder.path, manifest.id.text)
    }

    @Test func `another identity opens nothing`() throws {
        try sample.backup([noise(1)], escrow: kept)
        #expect(throws: RepositoryFault.identityOpensNothing(file: "test")) { try open(0, .generate()) }
    }

    @Test func `a backup without escrow has none to open`() throws {
        let manifest = try sample.backup([noise(1)])
        #expect(throws: RepositoryFault.missing(path: "escrow/\(manifest.id.text).age")) { try open() }
    }

    /// Expects what both opening and checking say of the first backup's escrow file.
    private func expectDamage(
        _ fault: RepositoryFault, _ checked: RepositoryFault? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(throws: fault, sourceLocation: sourceLocation) { try open() }
        let inventory = try Inventory(sample.repository)
        let findings = try RepositoryFilesCheck(repository: sample.repository, inventory: inventory).escrow(
            of: inventory.entries)
        #expect(findings.map(\.message) == [(checked ?? fault).message], sourceLocation: sourceLocation)
        #expect(findings.first?.backups == [inventory.entries[0].id], sourceLocation: sourceLocation)
    }

    @Test func `every damage of the file is found, by who opens it and who checks it`() throws {
        let name = "escrow/\(try sample.backup([noise(1)], escrow: kept).id.text).age"
        let whole = try sample.read(name)
        let changed = RepositoryFault.malformed(path: name, reason: "its bytes do not have the recorded SHA-256")
        try sample.edit(name) { $0[100] ^= 1 }
        try expectDamage(changed)
        try sample.write(Array(whole.dropLast()), to: name)
        try expectDamage(
            changed, .malformed(path: name, reason: "it has \(whole.count - 1) bytes instead of \(whole.count)"))
        try sample.write("", to: name)
        try expectDamage(changed, .malformed(path: name, reason: "it is empty"))
        try shell("truncate -s 1T \"$0\"", sample.path(name))
        try expectDamage(.malformed(path: name, reason: "it is longer than such a file can be"))
        try sample.remove(name)
        try expectDamage(.missing(path: name))
        mkfifo(sample.path(name), 0o600)
        try expectDamage(.malformed(path: name, reason: "it is not a regular file"))
    }

    @Test func `another backup's escrow is not this one's, with the same files or not`() throws {
        let ids = try (1...2).map { try sample.backup([noise($0)], escrow: kept).id.text }
        try sample.write(try sample.read("escrow/\(ids[1]).age"), to: "escrow/\(ids[0]).age")
        #expect(
            throws: RepositoryFault.malformed(
                path: "escrow/\(ids[0]).age", reason: "its bytes do not have the recorded SHA-256")
        ) { try open() }
        #expect(try sample.damage() == ["repository.malformed escrow/\(ids[0]).age"])
    }

    @Test func `what is too large is refused before anything is written`() throws {
        let large = Escrow.File(path: "/a", mode: 0, content: Secret(count: (4 << 20) + 1) { _ in })
        #expect(throws: RepositoryFault.tooLarge(what: "the escrow", bytes: (4 << 20) + 1)) {
            try sample.backup([noise(1)], escrow: [large])
        }
        #expect(try sample.files.list(sample.layout.escrow).isEmpty)
        let allowed = Escrow.File(path: "/a", mode: 0, content: Secret(count: 4 << 20) { _ in })
        try sample.backup([noise(1)], escrow: [allowed])
        #expect(try open().first?.file.content.count == 4 << 20)
        #expect(try sample.damage().isEmpty)
    }

    @Test(arguments: [
        #"{"name":"../x","path":"/x","mode":"600","content":""}"#,
        #"{"name":"..","path":"/x","mode":"600","content":""}"#,
        #"{"name":"","path":"/x","mode":"600","content":""}"#, #"{"name":"x","path":"/x","mode":"9","content":""}"#,
        #"{"name":"x","path":"/x","mode":"600","content":"?"}"#,
    ])
    func `a document that would leave its folder, or is not one, is refused`(file: String) throws {
        try expectRefusal(of: file, "an entry is not a file")
    }

    @Test func `two files of one name are refused`() throws {
        let file = #"{"name":"x","path":"/x","mode":"600","content":""}"#
        try expectRefusal(of: file + "," + file, "two of its files have the same name")
    }

    /// Expects that the owner's own escrow file with these entries is not opened.
    private func expectRefusal(of files: String, _ reason: String) throws {
        let text = #"{"schema":"infisical-ops/escrow/1","files":["# + files + "]}"
        let id = try sample.backup([noise(1)]) { manifest in
            let sealed = try Age.seal(
                .testing(text), to: [try sample.identity.recipient()], armored: true)
            try sample.write(sealed, to: "escrow/\(manifest.id.text).age")
            manifest.escrow = .init(
                bytes: sealed.count, sha256: SHA256.hash(sealed).hex, names: ["x"], recipients: [])
        }.id.text
        #expect(throws: RepositoryFault.malformed(path: "escrow/\(id).age", reason: reason)) {
            try open()
        }
    }
}
