import Crypto
import DurableFiles
import Effects
import Glibc
import Repository
import Secrets
import TestSupport
import Testing

/// Opening a repository.
@Suite struct RepositoryTests {
    let sample: SampleRepository
    init() throws { sample = try SampleRepository() }

    @Test func `its own host opens it without being told whom to trust`() throws {
        let repository = try sample.reopened()
        #expect(repository.signers.pinned == sample.signer && repository.keyring.revision == 1)
    }

    @Test func `another host must be told whom to trust, outside of the repository`() throws {
        let elsewhere = sample.folder.path("elsewhere")
        #expect(throws: RepositoryFault.signerNotPinned(repository: sample.root)) {
            try sample.reopened(state: elsewhere)
        }
        #expect(try sample.openedElsewhere().description == sample.repository.description)
        let stranger = try Signer.stranger().fingerprint
        #expect(throws: RepositoryFault.signerUnknown(pinned: stranger)) {
            try sample.reopened(state: elsewhere, pinned: stranger)
        }
    }

    @Test func `a folder without a description is no repository`() throws {
        try sample.remove("repository.json")
        // One with backups in it has only lost it.
        let hasBackups = try !sample.repository.files.list(sample.repository.layout.backups).isEmpty
        #expect(throws: hasBackups ? RepositoryFault.remains(path: sample.root) : .notARepository(path: sample.root)) {
            try sample.reopened()
        }
        #expect(throws: RepositoryFault.notARepository(path: "/none")) { try sample.reopened(root: "/none") }
    }

    private let id = String(repeating: "0a", count: 16)

    @Test func `a newer format is refused and an unknown member is not`() throws {
        let text = #"{"schema":"infisical-ops/repository","id":"\#(id)","created":"","new":1,"format":"#
        try sample.write(text + "2}", to: "repository.json")
        #expect(throws: RepositoryFault.newerFormat(path: sample.root, found: 2)) { try sample.reopened() }
        try sample.write(text + "1}", to: "repository.json")
        #expect(try Repository.describe(path: sample.root, files: sample.files).id == id)
    }

    @Test(arguments: [
        ("", "it is empty"), (#"{"schema":"infis"#, "it is not JSON (truncated or overwritten)"),
        (#"{"schema":"infisical-ops/repository","format":1,"created":""}"#, "member \"id\" is missing"),
        (#"{"schema":"other","format":1,"created":"","id":"x"}"#, "it does not describe a repository"),
        (
            #"{"schema":"infisical-ops/repository","format":1,"created":"","id":"../../../../../../../../../root"}"#,
            "member \"id\" is not 32 hex digits"
        ),
        (
            #"{"schema":"infisical-ops/repository","format":1,"created":"","id":"0123456789ABCDEF0123456789ABCDEF"}"#,
            "member \"id\" is not 32 hex digits"
        ),
    ])
    func `a damaged description is told with what is wrong`(text: String, reason: String) throws {
        try sample.write(text, to: "repository.json")
        #expect(throws: RepositoryFault.malformed(path: "repository.json", reason: reason)) { try sample.reopened() }
    }

    @Test(arguments: ["pipe", "link", "folder"])
    func `a description that is not a regular file is damage`(kind: String) throws {
        let path = sample.path("repository.json")
        try shell("mv \"$0\" \"$1\"", path, sample.folder.path("whole"))
        switch kind {
        case "pipe": mkfifo(path, 0o600)
        case "link": symlink(sample.folder.path("whole"), path)
        default: try sample.files.createFolder(path)
        }
        #expect(throws: RepositoryFault.malformed(path: "repository.json", reason: "it is not a regular file")) {
            try sample.reopened()
        }
    }

    @Test func `the keys of one repository do not count in another`() throws {
        // A repository of the same signer: whoever can write could exchange their keyrings.
        let other = try SampleRepository()
        for name in ["keyring-1.json", "keyring-1.json.sig", "allowed_signers"] {
            try sample.write(try other.read("keys/" + name), to: "keys/" + name)
        }
        #expect(
            throws: RepositoryFault.malformed(
                path: "keys/keyring-1.json", reason: "it does not belong to this repository")
        ) { try sample.reopened(pinned: other.signer) }
    }

    @Test func `folders that a copy has lost are empty, and come back`() throws {
        try sample.backup([noise(10)])
        try shell(
            "cd \"$0\"; rm -r removals proofs tmp locks quarantine; rmdir chunks/* 2>/dev/null || true", sample.root)
        #expect(try sample.damage().isEmpty && sample.notes().isEmpty)
        try sample.repository.completeFolders()
        for folder in sample.layout.folders { #expect(try sample.files.status(folder)?.mode == 0o700) }
        #expect(try sample.files.list(sample.layout.chunks).count == 256)
    }

    @Test func `a file in place of a folder is damage`() throws {
        try shell("rmdir \"$0/removals\"; echo >\"$0/removals\"", sample.root)
        #expect(throws: RepositoryFault.malformed(path: "removals", reason: "it is not a folder")) {
            try Inventory(sample.repository)
        }
    }
}
