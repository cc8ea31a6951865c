import Age
import Crypto
import DurableFiles
import Effects
import Faults
import Glibc
import Repository
import TestSupport
import Testing

/// Whoever may write to a repository or to a state folder puts a symbolic link there: nothing is done behind it, and
/// nobody waits for a pipe.
@Suite struct LinkTests {
    private let sample: SampleRepository
    private let manifest: Manifest

    init() throws {
        sample = try SampleRepository()
        manifest = try sample.backup(
            [noise(1000)], escrow: [Escrow.File(path: "/env", mode: 0o600, content: .testing("x"))])
    }

    /// Every folder of a repository, with one of the chunks and one of the proofs.
    static let folders = [
        "keys", "chunks", "chunks/aa", "backups", "escrow", "proofs", "proofs/ID", "removals", "quarantine", "tmp",
        "locks",
    ]

    private func place(_ folder: String) -> String { folder.replacing("ID", with: manifest.id.text) }

    /// A folder beside the repository that looks like the one in it, and whose files are bait.
    private func makeVictim(_ folder: String) throws -> String {
        let victim = sample.folder.path("victim"), path = sample.path(place(folder))
        try shell(
            """
            mkdir -p "$0" && mv "$0" "$1" && ln -s "$1" "$0"
            echo precious >"$1/precious"; echo x >"$1/.tmp-0123456789abcdef"; chmod 755 "$1" "$1"/*
            """, path, victim)
        return try picture(of: victim)
    }

    /// Everything about a folder: names, modes, times and contents.
    private func picture(of folder: String) throws -> String {
        let output = sample.folder.path("picture")
        try shell(
            "cd \"$0\" && find . -printf '%p %m %T@ %n %y\\n' | sort >\"$1\"; find . -type f -exec sha256sum {} + | sort >>\"$1\"",
            folder, output)
        return String(decoding: try sample.files.read(output, limit: 1 << 24), as: UTF8.self)
    }

    private func backUp() throws {
        let repository = try sample.reopened()
        try repository.completeFolders()
        for entry in try repository.files.list(repository.layout.temporary) where entry.kind == .file {
            try repository.files.remove(repository.layout.temporary + "/" + entry.name)
        }
        // What names do not lead into: one of everything that a backup writes.
        for byte in UInt8(0)...40 { try sample.backup([noise(100 + Int(byte), byte)]) }
        let entry = try #require(try Inventory(repository).latest)
        for target in [entry.id, manifest.id] {
            try ProofStore.record(
                Proof(
                    backup: target, manifest: "", level: .stored, outcome: .proven, time: "2026-11-23T23:00:00Z",
                    program: "p", host: "h"), signer: try sample.writing.signer, repository: repository)
        }
    }

    private func lock(_ path: (RepositoryLayout) -> String) throws {
        let repository = try sample.reopened()
        try FileLock.acquire(
            path(repository.layout), .exclusive, wait: 0, holder: "test", files: repository.files,
            cancellation: Cancellation(), clock: SystemClock()
        ).release()
    }

    private func repair() throws {
        let repository = try sample.reopened(), inventory = try Inventory(repository)
        var repair = Repair(repository: repository, inventory: inventory, other: nil)
        try repair.perform(try repair.plan(findings: try sample.findings()), clock: SystemClock())
    }

    @Test(arguments: folders)
    func `a folder that is a link is never worked in`(folder: String) throws {
        let victim = sample.folder.path("victim"), before = try makeVictim(folder)
        let works: [(name: String, body: () throws -> Void)] = [
            ("backup", backUp), ("backup lock", { try lock(\.backupLock) }),
            ("repository lock", { try lock(\.repositoryLock) }), ("repair", repair),
            (
                "recipients",
                {
                    try RecipientChange(repository: try sample.reopened(), clock: SystemClock()).perform(
                        recipients: [try sample.identity.recipient()], identities: [sample.identity], source: "test")
                }
            ),
            (
                "rekey",
                {
                    _ = try RecipientChange(repository: try sample.reopened(), clock: SystemClock()).rekey(
                        recipients: [try sample.identity.recipient()])
                }
            ),
            ("verify", { _ = try sample.findings(try sample.readable()) }),
        ]
        for (name, body) in works {
            do {
                try body()
                // A folder that this work does not enter.
                #expect(name != "backup", "\(folder)")
            } catch let fault as any Fault {
                #expect(
                    fault.message.contains("symbolic link") || fault.exit == .damaged, "\(name): \(fault.message)")
                #expect(!fault.hints.isEmpty, "\(name): \(fault.message)")
            }
            // `repair` may have moved the link itself away, and a whole folder is made in its place.
            #expect(try picture(of: victim) == before, "\(name)")
        }
    }

    @Test func `a repository that is reached over a link works`() throws {
        let link = sample.folder.path("link")
        try #require(symlink(sample.root, link) == 0)
        let repository = try sample.reopened(root: link)
        try repository.completeFolders()
        #expect(try Inventory(repository).entries.count == 1)
        #expect(try repository.store.scan().chunks.count == 1)
    }

    @Test(arguments: ["folder", "memory.json", "signing-key", "id-key-1"])
    func `a link in the state folder is not followed`(name: String) throws {
        let host = sample.repository.host, victim = sample.folder.path("victim")
        let path = name == "folder" ? host.folder : host.folder + "/" + name
        try shell("mv \"$0\" \"$1\" && ln -s \"$1\" \"$0\"", path, victim)
        #expect(throws: (any Error).self) { try sample.backup([noise(10)]) }
        if name == "folder" {
            let before = try picture(of: victim)
            #expect(throws: FileFault.linkInside(path: path, folder: sample.state)) {
                let files = sample.files.confined(to: [sample.state])
                let state = HostState(
                    stateFolder: sample.state, repository: sample.repository.description.id, files: files)
                try state.remember(HostState.Memory(signer: "", sequence: 1, keyringRevision: 1))
            }
            #expect(try picture(of: victim) == before)
        }
    }

    @Test func `a new repository is not made behind links`() throws {
        let victim = sample.folder.path("victim")
        for folder in Self.folders where folder != "proofs/ID" && folder != "chunks/aa" {
            let root = sample.folder.path("new"), state = sample.folder.path("new-state")
            try shell(
                "rm -rf \"$0\" \"$2\" \"$1\"; mkdir -p \"$1\" \"$0\"; ln -s \"$1\" \"$0/$3\"", root, victim, state,
                folder)
            let creation = RepositoryCreation(
                path: root, stateFolder: state, files: Files(effects: Effects()), clock: SystemClock())
            do {
                _ = try creation.create(
                    id: try RepositoryCreation.newID(), recipients: [try sample.identity.recipient()])
                Issue.record("\(folder) was worked in")
            } catch let fault as any Fault {
                #expect(fault.message.contains("symbolic link"), "\(folder): \(fault.message)")
            }
            #expect(try sample.files.list(victim).isEmpty, "\(folder)")
        }
    }

    /// Each kind of file that is read, as a link to a copy of itself and as a pipe that nobody writes.
    @Test(arguments: ["link", "pipe"])
    func `a file that is none is damage or a refusal, and nobody waits for it`(kind: String) throws {
        let chunk = try #require(manifest.chunks.keys.first)
        try ProofStore.record(
            Proof(
                backup: manifest.id, manifest: try #require(try Inventory(sample.repository).latest).sha256,
                level: .stored, outcome: .proven, time: "2026-11-23T23:00:00Z", program: "p", host: "h"),
            signer: try sample.writing.signer, repository: sample.repository)
        let proof = try #require(
            try sample.files.list(sample.layout.proofs(manifest.id)).first { $0.name.hasSuffix(".json") }
        ).name
        let files = [
            sample.chunk(chunk), "backups/\(manifest.id.text).json", "backups/\(manifest.id.text).json.sig",
            "escrow/\(manifest.id.text).age", "keys/allowed_signers", "keys/keyring-1.json", "keys/identity-1.age",
            "keys/id-key-1.age", "keys/signing-key-1.age", "repository.json", "proofs/\(manifest.id.text)/\(proof)",
            "recover.sh",
        ]
        for file in files {
            let script =
                kind == "link"
                ? "mv \"$0\" \"$0.kept\"; ln -s \"$0.kept\" \"$0\"" : "mv \"$0\" \"$0.kept\"; mkfifo \"$0\""
            try shell(script, sample.path(file))
            var isSeen = false
            do {
                let readable = try sample.readable()
                let findings = try sample.findings(readable)
                isSeen =
                    findings.contains {
                        ($0.isDamage || $0.code == "repository.unread-proof")
                            && $0.subject.contains(Files.name(of: file).prefix(20))
                    } || file.hasSuffix(".sig") && findings.contains(where: \.isDamage)
                    // Without a backup that records it, nobody asks for it.
                    || file == "recover.sh"
            } catch let fault as any Fault {
                isSeen = fault.exit == .damaged || fault.exit == .notFound
            }
            #expect(isSeen, "\(file)")
            try shell("rm \"$0\"; mv \"$0.kept\" \"$0\"", sample.path(file))
        }
        #expect(try sample.damage(try sample.readable()).isEmpty)
    }
}
