import Crypto
import DurableFiles
import Effects
import Glibc
import Repository
import Secrets
import TestSupport
import Testing

@Suite struct ManifestStoreTests {
    let sample: SampleRepository
    let manifest: Manifest
    private var name: String { "backups/\(manifest.id.text).json" }

    init() throws {
        sample = try SampleRepository()
        manifest = try sample.backup([noise(10)])
    }

    /// What became of the one backup, as the code and the message of the finding that took its place.
    private func expect(
        _ code: String, _ part: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let inventory = try Inventory(sample.repository)
        #expect(inventory.entries.isEmpty, sourceLocation: sourceLocation)
        let finding = try #require(inventory.findings.first, sourceLocation: sourceLocation)
        #expect(finding.code == code && finding.subject == name, sourceLocation: sourceLocation)
        #expect(finding.message.contains(part), "\(finding.message)", sourceLocation: sourceLocation)
        #expect(finding.backups == [manifest.id] && finding.isDamage, sourceLocation: sourceLocation)
    }

    /// Replaces the manifest by one that the owner of the signing key signed.
    private func resign(_ edit: (inout Manifest) throws -> Void) throws {
        var edited = manifest
        try edit(&edited)
        try SignedFile.publish(
            try StoredJSON.encode(edited), at: sample.path(name), purpose: .manifest, signer: sample.writing.signer,
            files: sample.files, existing: .replace)
    }

    @Test func `a manifest comes back as it was published, with its hash and signer`() throws {
        let entry = try #require(try Inventory(sample.repository).latest)
        #expect(entry.manifest == manifest && entry.signer == sample.signer)
        #expect(entry.sha256 == SHA256.hash(try sample.read(name)).hex)
        #expect(entry.link == Manifest.Link(id: manifest.id, sha256: entry.sha256))
    }

    @Test func `a manifest is not published over another one`() throws {
        #expect(throws: FileFault.exists(path: sample.path(name))) {
            try ManifestStore.publish(manifest, signer: sample.writing.signer, repository: sample.repository)
        }
    }

    @Test func `an edited manifest is not even parsed`() throws {
        try sample.edit(name) {
            $0 = Array(String(decoding: $0, as: UTF8.self).replacing("\"rows\":1", with: "\"rows\":2").utf8)
        }
        try expect("repository.bad-signature", "edited")
        try sample.write("not JSON", to: name)
        try expect("repository.bad-signature", "edited")
    }

    @Test func `truncated, empty and missing parts of a manifest are told apart`() throws {
        try sample.edit(name) { $0.removeLast(5) }
        try expect("repository.bad-signature", "edited")
        try sample.write("", to: name)
        try expect("repository.malformed", "empty")
        try sample.remove(name + ".sig")
        try expect("repository.malformed", "empty")
        try sample.write("x", to: name)
        try expect("repository.missing-file", name + ".sig")
    }

    @Test(arguments: [
        ("infisical-ops/manifest/9", "its schema is infisical-ops/manifest/9"), ("", "its schema is "),
    ])
    func `a signed manifest of another schema is refused`(schema: String, message: String) throws {
        try resign { $0.schema = schema }
        try expect("repository.malformed", message)
    }

    @Test func `a signed manifest under another backup's name is refused`() throws {
        let other = BackupID(started: Timestamp(seconds: 1), random: 1)
        try resign { $0.id = other }
        try expect("repository.malformed", "it is the manifest of \(other.text)")
    }

    @Test func `a manifest of another repository is refused, also of one with the same signer`() throws {
        try resign { $0.repository = String(repeating: "0", count: 32) }
        try expect("repository.malformed", "it belongs to another repository")
    }

    @Test func `a manifest copied out of another repository is refused`() throws {
        let other = try SampleRepository(), foreign = try other.backup([noise(10)])
        let path = "backups/\(foreign.id.text).json"
        for suffix in ["", ".sig"] { try sample.write(try other.read(path + suffix), to: path + suffix) }
        let inventory = try Inventory(sample.repository)
        #expect(inventory.entries.map(\.id) == [manifest.id])
        #expect(inventory.findings.map(\.code) == ["repository.bad-signature"])
    }

    @Test func `a manifest that uses a chunk without a record is refused`() throws {
        let stray = try #require(ChunkName(hex: String(repeating: "0", count: 64)))
        try resign { $0.databases[0].schema.archive = [stray] }
        try expect("repository.malformed", "it has no record of its chunk \(stray.hex)")
        try resign { $0.databases[0].tables[0].ranges.append([stray]) }
        try expect("repository.malformed", "it has no record of its chunk \(stray.hex)")
    }

    @Test func `a signed manifest that lacks a member is refused with its name`() throws {
        let text = String(decoding: try sample.read(name), as: UTF8.self)
        for (old, new, message) in [
            ("\"sequence\"", "\"sequences\"", "member \"sequence\" is missing"),
            (manifest.id.text, "../../etc/passwd", "member \"id\" is not valid"),
            ("\"format\":\"binary\"", "\"format\":\"csv\"", "member \"databases[0].tables[0].format\" is not valid"),
        ] {
            let bytes = Array(text.replacing(old, with: new).utf8)
            try SignedFile.publish(
                bytes, at: sample.path(name), purpose: .manifest, signer: sample.writing.signer, files: sample.files,
                existing: .replace)
            try expect("repository.malformed", message)
        }
    }

    @Test func `a signed manifest whose texts have another form than the documented one is refused`() throws {
        let cases: [(String, (inout Manifest) -> Void)] = [
            ("its numbers do not start at 1", { $0.sequence = 0 }),
            ("its numbers do not start at 1", { $0.key.generation = -1 }),
            ("two of its databases have the same role", { $0.databases.append($0.databases[0]) }),
            ("it has a database without a role", { $0.databases[0].role = "main\" or \"" }),
            ("the encoding of database main is not valid", { $0.databases[0].server.encoding = "UTF8'; x" }),
            ("the locale provider of database main is not valid", { $0.databases[0].server.localeProvider = "icu x" }),
            (
                "member \"escrow.sha256\" is not valid",
                { $0.escrow = .init(bytes: 1, sha256: "x", names: [], recipients: []) }
            ),
            (
                "a chunk's hash is not a SHA-256",
                { $0.chunks = $0.chunks.mapValues { .init(bytes: $0.bytes, plain: $0.plain, sha256: "x\n") } }
            ),
        ]
        for (message, edit) in cases {
            let before = try sample.read(name)
            try resign(edit)
            try expect("repository.malformed", message)
            try sample.write(before, to: name)
        }
    }

    @Test(arguments: [
        "\\! touch canary", "COPY \"public\".\"t\" (\"a\") FROM STDIN (FORMAT binary); DROP TABLE x",
        "COPY \"public\".\"t\" (\"a\") FROM PROGRAM 'touch canary' (FORMAT binary)",
        "COPY \"public\".\"u\" (\"a\") FROM STDIN (FORMAT binary)", "COPY \"public\".\"t\" (\"a\") FROM STDIN",
        "COPY public.t (a) FROM STDIN (FORMAT binary)", "",
    ])
    func `a statement that does not load its own table is refused`(copy: String) throws {
        try resign { $0.databases[0].tables[0].copy = copy }
        try expect("repository.malformed", "its COPY statement for table public.t is not the one that loads that table")
    }

    @Test func `names with quotes and combining marks have their own statement`() throws {
        try resign { manifest in
            manifest.databases[0].tables[0].schema = "a\"b"
            manifest.databases[0].tables[0].columns = ["x\"\u{301}", "y"]
            manifest.databases[0].tables[0].copy =
                "COPY \"a\"\"b\".\"t\" (\"x\"\"\u{301}\", \"y\") FROM STDIN (FORMAT binary)"
            manifest.databases[0].tables.append(
                .init(
                    schema: "s", name: "t", format: .text, columns: [], rows: 0, digest: "", bytes: 0,
                    copy: "COPY \"s\".\"t\" FROM STDIN", ranges: []))
        }
        #expect(try Inventory(sample.repository).findings.isEmpty)
    }

    @Test(arguments: ["pipe", "link", "folder"])
    func `what is not a regular file does not stand for a manifest, nor go unseen`(kind: String) throws {
        try shell("mv \"$0\" \"$1\"", sample.path(name), sample.folder.path("whole"))
        switch kind {
        case "pipe": mkfifo(sample.path(name), 0o600)
        case "link": symlink(sample.folder.path("whole"), sample.path(name))
        default: try sample.files.createFolder(sample.path(name))
        }
        try expect("repository.malformed", "it is not a regular file")
    }

    @Test func `other names in the folder are notes`() throws {
        for file in ["README", "x.json", ".tmp-0123456789abcdef"] { try sample.write("x", to: "backups/" + file) }
        let unfinished = BackupID(started: Timestamp(seconds: 1), random: 1).text
        try sample.write("x", to: "backups/\(unfinished).json.sig")
        #expect(
            try sample.notes() == [
                "repository.temporary-file backups/.tmp-0123456789abcdef", "repository.unknown-file backups/README",
                "repository.unknown-file backups/x.json",
                "repository.unfinished-manifest backups/\(unfinished).json.sig",
            ])
    }
}
