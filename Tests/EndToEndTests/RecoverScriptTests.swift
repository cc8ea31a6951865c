import Age
import Crypto
import DurableFiles
import Effects
import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import Repository
import Secrets
import TestSupport
import Testing

/// `recover.sh`, with stock tools alone, on a repository that somebody else may have written to.
@Suite struct RecoverScriptTests {
    private let folder: TemporaryFolder
    private let files = Files(effects: Effects())
    private static let fixture = Fixtures.path("repositories/format-1")
    private static let first = "20261125T024301Z-f83651fb", last = "20261125T024302Z-17fd0a71"

    init() throws {
        folder = try TemporaryFolder()
        try shell("cp -R \"$0/repository\" \"$0/identity.txt\" \"$1\"", Self.fixture, folder.path)
    }

    private var layout: RepositoryLayout { RepositoryLayout(root: folder.path("repository")) }

    /// Runs the script of the repository; what it says is in `errors`.
    private func recover(
        _ arguments: String..., signer: String? = nil, identity: String = "identity.txt", host: String? = nil
    ) throws -> OpsResult {
        try run(arguments, signer: signer, identity: identity, host: host)
    }

    private func run(
        _ arguments: [String], signer: String? = nil, identity: String = "identity.txt", host: String? = nil
    ) throws -> OpsResult {
        let server = try LiveServer.get()
        let pinned = try Data(contentsOf: URL(filePath: Self.fixture + "/signer"))
        var environment = CommandSpec.inherited(["PATH"])
        environment["PGHOST"] = .plain(host ?? server.folder)
        environment["PGPORT"] = .plain(String(server.port))
        environment["PGUSER"] = .plain(ScratchServer.user)
        let all =
            [
                "--identity", folder.path(identity), "--signer",
                signer ?? String(decoding: pinned.dropLast(), as: UTF8.self),
            ]
            + arguments
        let runner = ProcessRunner(effects: Effects(), cancellation: Cancellation())
        return OpsResult(
            arguments: all,
            result: try runner.run(
                CommandSpec(
                    "/bin/bash", [layout.recoverScript] + all, environment: environment,
                    output: .collected(limit: 1 << 20), errors: .tail(limit: 1 << 20)), deadline: .seconds(60)))
    }

    /// Lends the name of a database that the script may make.
    private func withName(_ body: (String) throws -> Void) throws {
        let name = "recovered_\(UInt32.random(in: 0...UInt32.max))"
        defer { do { try LiveServer.drop(name) } catch { Issue.record(error) } }
        try body(name)
    }

    private func exists(_ database: String) throws -> Bool {
        let connection = try LiveServer.connect(try LiveServer.get().endpoint())
        return try !connection.query("SELECT 1 FROM pg_catalog.pg_database WHERE datname = \(literal: database)")
            .isEmpty
    }

    private func people(_ database: String) throws -> [String] {
        let connection = try LiveServer.connect(try LiveServer.get().endpoint(database: database))
        return try connection.query("SELECT coalesce(mood::text, '-') AS mood FROM public.people ORDER BY id").map {
            try #require(try $0.stringIfAny("mood"))
        }
    }

    /// Puts the script of this release in place of the frozen one.
    private func renewScript() throws { try RecoveryFiles.write(layout: layout, files: files) }

    private func edit(_ path: String, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = try files.read(path, limit: 1 << 20)
        change(&bytes)
        try files.publish(bytes, at: path)
    }

    private func manifest(_ id: String) -> String { layout.backups + "/\(id).json" }

    @Test(arguments: [true, false]) func `it restores the latest backup and an older one`(frozen: Bool) throws {
        if !frozen { try renewScript() }
        for (wanted, expected) in [("latest", ["happy", "ok", "sad"]), (Self.first, ["happy", "-", "sad"])] {
            try withName { name in
                try recover("--database", name, wanted).expect(0)
                #expect(try people(name) == expected)
            }
        }
    }

    @Test(arguments: [true, false]) func `it gives the kept files back`(frozen: Bool) throws {
        if !frozen { try renewScript() }
        try recover("--files", folder.path("kept")).expect(0)
        let text = String(decoding: try files.read(folder.path("kept/.env"), limit: 1 << 20), as: UTF8.self)
        #expect(text.contains("ENCRYPTION_KEY=6c1fe4e407b8911c104518103505b218\n"))
        #expect(try files.status(folder.path("kept/.env"))?.mode == 0o600)
        // Nothing is overwritten.
        #expect(try recover("--files", folder.path("kept")).exit == 1)
    }

    /// Expects that the script ends with 1, says this, and makes no database.
    private func expectRefusal(
        _ said: String, signer: String? = nil, identity: String = "identity.txt", _ wanted: String = "latest"
    ) throws {
        try withName { name in
            let result = try recover("--database", name, wanted, signer: signer, identity: identity)
            #expect(result.exit == 1 && result.errors.contains(said), "\(result.errors)")
            #expect(try !exists(name))
        }
    }

    @Test func `another signer than the pinned one is not trusted`() throws {
        try renewScript()
        let stranger = try Signer(seed: try Random.secret(count: 32))
        try expectRefusal("no key in keys/allowed_signers", signer: stranger.fingerprint)
        // Nor does it help an attacker to put his line there and sign everything anew.
        try edit(layout.allowedSigners) { $0 += Array((stranger.allowedSignersLine(comment: "x") + "\n").utf8) }
        for id in [Self.first, Self.last] {
            try SignedFile.publish(
                files.read(manifest(id), limit: 1 << 20), at: manifest(id), purpose: .manifest, signer: stranger,
                files: files, existing: .replace)
        }
        try expectRefusal("there is no backup with a valid signature")
    }

    @Test func `with an attacker's newest backup only the id of one that is signed restores it`() throws {
        try renewScript()
        var forged = try StoredJSON.decode(
            Manifest.self, from: files.read(manifest(Self.first), limit: 1 << 20), path: "")
        forged.sequence = 99
        let id = BackupID(started: Timestamp(seconds: 4_000_000_000), random: 1)
        forged.id = id
        try SignedFile.publish(
            try StoredJSON.encode(forged), at: layout.manifest(id), purpose: .manifest,
            signer: Signer(seed: try Random.secret(count: 32)), files: files, existing: .replace)
        try expectRefusal("warning: the signature of backups/\(id.text).json is not valid")
        try expectRefusal("the newest valid one is \(Self.last): give this id")
        try expectRefusal("there is no backup \(id.text) with a valid signature", id.text)
        try withName { name in
            try recover("--database", name, Self.last).expect(0)
            #expect(try people(name) == ["happy", "ok", "sad"])
        }
    }

    @Test func `damage of an older manifest does not make it uncertain which is the latest`() throws {
        try renewScript()
        try shell("echo x >>\"$0\"", manifest(Self.first))
        try withName { name in
            let result = try recover("--database", name).expect(0)
            #expect(result.errors.contains("the signature of backups/\(Self.first).json is not valid"))
            #expect(try people(name) == ["happy", "ok", "sad"])
        }
    }

    @Test func `a backup under another one's name is passed over`() throws {
        try renewScript()
        for suffix in ["", ".sig"] {
            try shell("cp \"$0\" \"$1\"", manifest(Self.last) + suffix, manifest(Self.first) + suffix)
        }
        try expectRefusal("there is no backup \(Self.first)", Self.first)
    }

    @Test func `a changed chunk is refused before anything is made`() throws {
        try renewScript()
        let entry = try StoredJSON.decode(
            Manifest.self, from: files.read(manifest(Self.last), limit: 1 << 20), path: "")
        let named = entry.databases[0].tables.compactMap(\.ranges.first?.first)
        let name = try #require(named.first)
        try edit(layout.chunk(name)) { $0[$0.count - 1] ^= 1 }
        try expectRefusal("was changed")
        try files.remove(layout.chunk(name))
        try expectRefusal("is missing")
    }

    @Test(arguments: ["missing", "garbage", "of an attacker"])
    func `the repository's identity is taken from the manifest where the one in keys is not it`(kind: String) throws {
        try renewScript()
        let path = layout.identity(generation: 2)
        switch kind {
        case "missing": try files.remove(path)
        case "garbage": try files.publish(Array("garbage".utf8), at: path)
        default:
            // Sealed for the right recipient, which is public.
            let recipient = try AgeIdentityFile.parse(try files.readSecret(folder.path("identity.txt"), limit: 1000))[0]
                .recipient()
            let planted = try AgeIdentityFile.render(try .generate())
            try files.publish(try Age.seal(planted, to: [recipient], armored: true), at: path)
        }
        try withName { name in
            try recover("--database", name).expect(0)
            #expect(try people(name) == ["happy", "ok", "sad"])
        }
    }

    @Test func `an identity that opens nothing is told before anything is made`() throws {
        try renewScript()
        try files.publishSecret(try AgeIdentityFile.render(try .generate()), at: folder.path("other.txt"))
        try expectRefusal("the identity does not open this repository", identity: "other.txt")
    }

    @Test func `a wrong identity is told before a single chunk is read`() throws {
        try renewScript()
        try files.publishSecret(try AgeIdentityFile.render(try .generate()), at: folder.path("other.txt"))
        try shell("rm -r \"$0\"; mkdir \"$0\"", layout.chunks)
        try expectRefusal("the identity does not open this repository", identity: "other.txt")
        try expectRefusal("is missing")
        let escrow = try recover("--files", folder.path("kept"), identity: "other.txt")
        #expect(escrow.exit == 1 && escrow.errors.contains("the identity does not open escrow/"))
        #expect(try files.status(folder.path("kept")) == nil)
    }

    // MARK: - The key

    private static let label = String(repeating: "a", count: 32), otherLabel = String(repeating: "b", count: 32)

    /// Signs a manifest anew, with what a trial of keys may have left in it.
    private func sign(
        _ id: String, as new: BackupID? = nil, _ verdict: Manifest.KeyTrial.Outcome, label: String?,
        isElsewhere: Bool = false, _ change: (inout Manifest) -> Void = { _ in }
    ) throws {
        var manifest = try StoredJSON.decode(
            Manifest.self, from: files.read(self.manifest(id), limit: 1 << 20), path: "")
        let trial = Manifest.KeyTrial(
            role: "root-wrap", outcome: verdict, label: verdict == .opens ? label : nil, note: nil)
        manifest.infisical = Manifest.InfisicalRecord(
            era: "S7", migration: nil, migrations: 0, verdict: verdict, keys: [trial], keyLabel: label, users: nil,
            projects: nil, secrets: nil, keyElsewhere: isElsewhere ? true : nil)
        if let new { (manifest.id, manifest.sequence) = (new, 99) }
        change(&manifest)
        try SignedFile.publish(
            try StoredJSON.encode(manifest), at: layout.manifest(manifest.id), purpose: .manifest,
            signer: try Signer(seed: signingSeed()), files: files, existing: .replace)
    }

    /// Restores the last backup and gives its escrow out; expects these ends and this text.
    private func expectKey(_ said: String, database: Int32, files ending: Int32) throws {
        try withName { name in
            let restored = try recover("--database", name, Self.last).expect(database)
            #expect(restored.errors.contains(said), "\(restored.errors)")
            #expect(try people(name) == ["happy", "ok", "sad"])
        }
        let kept = folder.path("kept-\(UInt32.random(in: 0...UInt32.max))")
        let given = try recover("--files", kept, Self.last).expect(ending)
        #expect(given.errors.contains(said) == (database != 0), "\(given.errors)")
        #expect(try files.status(kept + "/.env") != nil)
    }

    @Test func `a backup that no key opens comes back with a warning that names the key it needs`() throws {
        try renewScript()
        try sign(Self.last, .opens, label: Self.label)
        try expectKey("needs the key with the label \(Self.label), which is in the escrow", database: 0, files: 0)
        try sign(Self.first, .opens, label: Self.label)
        try sign(Self.last, .doesNotOpen, label: nil)
        try expectKey(
            "warning: no key in the escrow of this backup opened all of its data when it was taken; which key it needs is "
                + "not known; the newest backup with a key that opened everything: \(Self.first) (label \(Self.label))",
            database: 2, files: 2)
        // A later backup has the key of after a rotation.
        let rotated = BackupID(started: Timestamp(seconds: 4_000_000_000), random: 1)
        try shell(
            "cp \"$0\" \"$1\"", layout.escrow + "/\(Self.last).age", layout.escrow + "/\(rotated.text).age")
        try sign(Self.last, as: rotated, .opens, label: Self.otherLabel)
        try sign(Self.last, .doesNotOpen, label: Self.label)
        try expectKey(
            "it needs the key with the label \(Self.label); the newest backup that keeps this key: \(Self.first)",
            database: 2, files: 2)
        try sign(Self.first, .notChecked, label: nil)
        try expectKey("opened everything: \(rotated.text) (label \(Self.otherLabel))", database: 2, files: 2)
        try sign(Self.last, .notChecked, label: nil)
        try expectKey("whether a key in the escrow of this backup opens its data was not tried", database: 2, files: 2)
    }

    @Test func `a key that was elsewhere, or has no escrow to lie in, is named as missing`() throws {
        try renewScript()
        try sign(Self.last, .notChecked, label: Self.label, isElsewhere: true)
        let said =
            "the key of this data was deliberately kept elsewhere when this backup was taken, and is not in its escrow; it "
            + "needs the key with the label \(Self.label); no other backup here keeps a key that opened everything"
        try withName { name in
            let restored = try recover("--database", name, Self.last).expect(2)
            #expect(restored.errors.contains("warning: " + said), "\(restored.errors)")
        }
        // Whoever asks for the files alone gets them all.
        let given = try recover("--files", folder.path("kept"), Self.last).expect(0)
        #expect(given.errors.contains("note: " + said), "\(given.errors)")
        try sign(Self.last, .opens, label: Self.label) { $0.escrow = nil }
        try withName { name in
            let errors = try recover("--database", name, Self.last).expect(2).errors
            #expect(errors.contains("warning: the key of this data is not kept in this backup"), "\(errors)")
        }
    }

    @Test func `what the backup lacks ends with 2, and chunks are counted as in the manifest`() throws {
        try renewScript()
        let text = try files.read(manifest(Self.last), limit: 1 << 20)
        let count = try StoredJSON.decode(Manifest.self, from: text, path: "").chunks.count
        try sign(Self.last, .opens, label: Self.label) {
            $0.databases[0].leftOut = [.init(kind: "foreign table", name: "public.far")]
        }
        try withName { name in
            let errors = try recover("--database", name).expect(2).errors
            #expect(errors.contains("warning: not in the backup: \"foreign table public.far\""), "\(errors)")
            #expect(errors.contains("chunks that this needs are intact (the backup has \(count))"), "\(errors)")
        }
    }

    @Test func `a changed escrow file is refused`() throws {
        try renewScript()
        try edit(layout.escrow + "/\(Self.last).age") { $0[60] ^= 1 }
        let result = try recover("--files", folder.path("kept"))
        #expect(result.exit == 1 && result.errors.contains("was changed"))
        #expect(try files.status(folder.path("kept")) == nil)
    }

    @Test func `a line for which OpenSSH has another key is refused`() throws {
        try renewScript()
        let stranger = try Signer(seed: try Random.secret(count: 32)), evil = Base64.encode(stranger.publicKey.blob)
        let text = String(decoding: try files.read(layout.allowedSigners, limit: 1 << 20), as: UTF8.self)
        let pinned = text.split(separator: " ")[2]
        for id in [Self.first, Self.last] {
            try SignedFile.publish(
                files.read(manifest(id), limit: 1 << 20), at: manifest(id), purpose: .manifest, signer: stranger,
                files: files, existing: .replace)
        }
        for line in [
            "infisical-ops\tssh-ed25519\t\(evil)\tx ssh-ed25519 \(pinned)",
            "\"infisical-ops,x ssh-ed25519 \(pinned)\" ssh-ed25519 \(evil)",
        ] {
            try files.publish(Array((line + "\n").utf8), at: layout.allowedSigners)
            try expectRefusal("keys/allowed_signers")
        }
    }

    @Test func `positions of sequences are read without rounding, as numbers and as texts`() throws {
        try renewScript()
        let text = String(decoding: try files.read(manifest(Self.last), limit: 1 << 20), as: UTF8.self)
        let seed = try signingSeed()
        for (old, new, expected) in [
            (#""last":42,"#, #""last":9007199254740993,"#, "9007199254740993"),
            (
                #""last":42,"name":"numbers","schema":"public""#,
                #""last":9223372036854775807,"name":"numbers","schema":"public","value":"9223372036854775807""#,
                "9223372036854775807"
            ),
        ] {
            #expect(text.contains(old))
            try SignedFile.publish(
                Array(text.replacing(old, with: new).utf8), at: manifest(Self.last), purpose: .manifest,
                signer: try Signer(seed: seed), files: files, existing: .replace)
            try withName { name in
                try recover("--database", name).expect(0)
                let connection = try LiveServer.connect(try LiveServer.get().endpoint(database: name))
                let rows = try connection.query("SELECT last_value::text AS value FROM public.numbers")
                #expect(try rows.first?.string("value") == expected)
            }
        }
    }

    /// The key that signed the frozen repository, out of it.
    private func signingSeed() throws -> Secret {
        let identities = try AgeIdentityFile.parse(try files.readSecret(folder.path("identity.txt"), limit: 1000))
        return try HexKey.decode(
            try Age.open(files.read(layout.signingKey(line: 1), limit: 1 << 16), identities: identities), path: "")
    }

    @Test func `each error of the server has its own advice`() throws {
        try renewScript()
        try withName { name in
            try recover("--database", name).expect(0)
            let again = try recover("--database", name)
            let said = "the database \(name) exists already, and nothing is overwritten"
            #expect(again.exit == 1 && again.errors.contains(said))
            #expect(!again.errors.contains("locale") && !again.errors.contains("is not complete"))
        }
        try withName { name in
            let locale = try recover("--database", name, "--locale", "xx_XX.nothing")
            #expect(locale.exit == 1 && locale.errors.contains("lacks the locale xx_XX.nothing"))
            let server = try recover("--database", name, host: folder.path)
            #expect(server.exit == 1 && server.errors.contains("no server could be reached"))
            #expect(!server.errors.contains("locale"))
        }
    }

    @Test(arguments: [
        (["--database"], "--database needs a value"), (["--database", ""], "--database needs a value"),
        (["--databse", "x"], "there is no option --databse"), ([], "--database or --files is missing"),
        (["--database", "x", "latest", "20261125"], "one backup at a time: latest or 20261125"),
        (["--database", "x", "../x"], "\"../x\" is neither the id of a backup, nor its beginning, nor latest"),
        (["--database", "x", "--signer", "SHA256:x"], "--signer takes SHA256: and 43 characters, not \"SHA256:x\""),
    ])
    func `usage comes with the reason`(arguments: [String], reason: String) throws {
        try renewScript()
        let result = try run(arguments)
        #expect(
            result.exit == 64 && result.errors.hasPrefix("recover.sh: error: \(reason)\nusage: "), "\(result.errors)")
    }

    @Test(arguments: ["pipe", "link", "folder"])
    func `what is not a regular file is refused at once`(kind: String) throws {
        try renewScript()
        for path in [layout.allowedSigners, manifest(Self.last), manifest(Self.last) + ".sig", layout.description] {
            let kept = folder.path("kept-file")
            try shell("mv \"$0\" \"$1\"", path, kept)
            switch kind {
            case "pipe": try shell("mkfifo \"$0\"", path)
            case "link": try shell("ln -s \"$1\" \"$0\"", path, kept)
            default: try shell("mkdir \"$0\"", path)
            }
            try expectRefusal("is not a regular file")
            try shell("rm -r \"$0\"; mv \"$1\" \"$0\"", path, kept)
        }
        try shell("cd \"$0\" && rm -f given && { [ $1 = link ] || mkfifo given; }", folder.path, kind)
        if kind == "pipe" { try expectRefusal("is not a regular file", identity: "given") }
    }
}
