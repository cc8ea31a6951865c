import Age
import Crypto
import DurableFiles
import Effects
import Faults
import Glibc
import Repository
import Secrets
import TestSupport
import Testing

/// The keys of an open rotation in the repository and beside the journal.
@Suite struct RotationKeysTests {
    let sample: SampleRepository
    private var store: RotationStore { RotationStore(sample.repository) }
    private var folder: String { sample.path("rotations") }

    init() throws { sample = try SampleRepository() }

    private func keys(_ random: UInt32 = 1, root: Bool = true) -> RotationKeys {
        RotationKeys(
            id: RotationID(started: Timestamp(seconds: 1_700_000_000), random: random),
            started: Timestamp(seconds: 1_700_000_000), depth: "deep", isFIPS: false, database: database,
            environmentFiles: ["/srv/infisical/.env"],
            old: .init(
                environment: ["ENCRYPTION_KEY": .testing("6c1fe4e407b8911c104518103505b218")],
                label: String(repeating: "a", count: 32),
                rootKey: root ? .testing(String(repeating: "r", count: 32)) : nil),
            new: .init(
                environment: [
                    "ENCRYPTION_KEY": .testing("canary-of-the-new-key-0123456789"),
                    "ROOT_ENCRYPTION_KEY": .testing("bmV3IHJvb3QgZW5jcnlwdGlvbiBrZXkgMzIgYnl0ZXM="),
                ],
                label: String(repeating: "b", count: 32),
                rootKey: root ? .testing(String(repeating: "n", count: 32)) : nil))
    }

    private let database = RotationKeys.Database(
        name: "infisical", oid: 16_384, system: "7401", instance: "0a1b")

    private func publish(_ keys: RotationKeys) throws {
        try store.publish(keys, to: [try sample.identity.recipient()])
    }

    private func open(
        _ id: RotationID, _ identity: AgeIdentity? = nil, in repository: Repository? = nil
    ) throws
        -> RotationKeys
    {
        try RotationStore(repository ?? sample.repository).open(
            id, identities: [identity ?? sample.identity], source: "test")
    }

    private func expectSame(_ left: RotationKeys, _ right: RotationKeys) {
        for (one, other) in [(left.old, right.old), (left.new, right.new)] {
            #expect(one.environment.mapValues(\.text) == other.environment.mapValues(\.text))
            #expect(one.label == other.label && one.rootKey?.text == other.rootKey?.text)
        }
        #expect(left.id == right.id && left.started == right.started && left.depth == right.depth)
        #expect(left.database == right.database && left.environmentFiles == right.environmentFiles)
        #expect(left.isFIPS == right.isFIPS && left.retired?.text == right.retired?.text)
        #expect(left.older.map { $0.mapValues(\.text) } == right.older.map { $0.mapValues(\.text) })
    }

    private func code(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return (error as? any Fault)?.code }
        return nil
    }

    @Test func `older keys, what was replaced, and values that are no keys come back`() throws {
        var full = keys()
        full.older = [["ENCRYPTION_KEY": .testing("older-key-of-32-characters-01234")]]
        full.retired = .testing(String(repeating: "x", count: 65))
        let id = full.id
        try publish(full)
        expectSame(try open(id), full)
        try store.remove(id)
        // Once the transaction knows more, it is put there anew.
        let more = keys(root: false).with(
            roots: (.testing(String(repeating: "r", count: 32)), .testing(String(repeating: "n", count: 32))),
            retired: nil)
        try publish(more)
        expectSame(try open(id), keys())
        let secret = RotationKeys(
            id: id, started: more.started, depth: nil, isFIPS: false, database: database, environmentFiles: [],
            old: .init(environment: ["AUTH_SECRET": .testing("before")], label: nil),
            new: .init(environment: ["AUTH_SECRET": .testing("after")], label: nil))
        let sealed = try secret.seal(to: [try sample.identity.recipient()], repository: "7")
        expectSame(
            try RotationKeys.open(
                sealed, identities: [sample.identity], source: "test", repository: "7", name: "the journal"), secret)
        // A key without a label is none that anybody wrote.
        let unlabelled = RotationKeys(
            id: id, started: more.started, depth: "full", isFIPS: false, database: database, environmentFiles: [],
            old: .init(environment: more.old.environment, label: nil), new: more.new)
        let bad = try unlabelled.seal(to: [try sample.identity.recipient()], repository: "7")
        #expect(
            code {
                _ = try RotationKeys.open(
                    bad, identities: [sample.identity], source: "test", repository: "7", name: "the journal")
            } == "repository.malformed")
    }

    // MARK: - In the repository

    @Test(arguments: [true, false]) func `they come back as they were, also on a host that knows only the sheet`(
        root: Bool
    ) throws {
        let keys = keys(root: root)
        try publish(keys)
        expectSame(try open(keys.id, in: sample.openedElsewhere()), keys)
        #expect(try store.ids == [keys.id])
        #expect(try sample.findings().map(\.message) == [])
        var status = stat()
        for name in ["", ".sig"] {
            #expect(stat(folder + "/\(keys.id.text).age" + name, &status) == 0 && status.st_mode & 0o777 == 0o600)
        }
        #expect(try !sample.read("rotations/\(keys.id.text).age").contains(Array("canary".utf8)))
    }

    @Test func `age and jq open them, and ssh-keygen says who signed`() throws {
        let keys = keys()
        try publish(keys)
        try sample.files.publishSecret(try AgeIdentityFile.render(sample.identity), at: sample.folder.path("identity"))
        try shell(
            """
            cd "$0"; file=repository/rotations/$1.age
            ssh-keygen -Y verify -f repository/keys/allowed_signers -I infisical-ops -n infisical-ops-rotation \
                -s "$file.sig" <"$file" >/dev/null
            age -d -i identity "$file" >opened
            [ "$(jq -r '.old.environment.ENCRYPTION_KEY | @base64d' opened)" = 6c1fe4e407b8911c104518103505b218 ]
            [ "$(jq -r '.new.label + .database.name + .depth' opened)" = "$2infisicaldeep" ]
            """, sample.folder.path, keys.id.text, keys.new.label ?? "")
    }

    @Test func `published twice they are the same file, and a run that was killed in between goes on`() throws {
        let keys = keys(), path = "rotations/\(keys.id.text).age"
        #expect(try store.digest(of: keys.id) == nil)
        try publish(keys)
        let bytes = try sample.read(path)
        #expect(try store.publish(keys, to: [sample.identity.recipient()]) == SHA256.hash(bytes).hex)
        #expect(try sample.read(path) == bytes && store.digest(of: keys.id) == SHA256.hash(bytes).hex)
        // The signature is there first.
        try sample.remove(path)
        #expect(try store.digest(of: keys.id) == nil)
        #expect(try sample.notes() == ["repository.unfinished-rotation \(path).sig"])
        try publish(keys)
        expectSame(try open(keys.id), keys)
        #expect(try sample.findings().isEmpty)
    }

    @Test func `what lies there unsigned is moved away, not trusted`() throws {
        let keys = keys(), path = "rotations/\(keys.id.text).age"
        try sample.files.createFolder(folder)
        try sample.write("somebody's", to: path)
        try publish(keys)
        expectSame(try open(keys.id), keys)
        #expect(try sample.files.list(sample.path("quarantine")).count == 1)
    }

    @Test func `forged, changed, exchanged and foreign keys are refused`() throws {
        let keys = keys(), other = self.keys(2), path = sample.path("rotations/\(keys.id.text).age")
        try publish(keys)
        try publish(other)
        let whole = try sample.read("rotations/\(keys.id.text).age")
        let recipients = [try sample.identity.recipient()], id = sample.repository.description.id
        let sign = { (bytes: [UInt8], signer: Signer, purpose: SignaturePurpose) in
            try SignedFile.publish(
                bytes, at: path, purpose: purpose, signer: signer, files: sample.files, existing: .replace)
        }
        // Sealed by anybody: recipients are public.
        try sign(try keys.seal(to: recipients, repository: id), .stranger(), .rotation)
        #expect(code { _ = try open(keys.id) } == "repository.bad-signature")
        #expect(try sample.damage() == ["repository.bad-signature rotations/\(keys.id.text).age"])
        // Signed by us for something else.
        try sign(whole, sample.writing.signer, .manifest)
        #expect(code { _ = try open(keys.id) } == "repository.bad-signature")
        // One bit.
        try sign(whole, sample.writing.signer, .rotation)
        try sample.edit("rotations/\(keys.id.text).age") { $0[200] ^= 1 }
        #expect(code { _ = try open(keys.id) } == "repository.bad-signature")
        // Those of another rotation, with their own signature.
        for suffix in ["", ".sig"] {
            try sample.write(
                try sample.read("rotations/\(other.id.text).age" + suffix), to: "rotations/\(keys.id.text).age" + suffix
            )
        }
        #expect(code { _ = try open(keys.id) } == "repository.malformed")
        // Those of another repository, signed with the same key.
        try sign(
            try keys.seal(to: recipients, repository: String(repeating: "0", count: 32)), sample.writing.signer,
            .rotation)
        #expect(code { _ = try open(keys.id) } == "repository.malformed")
        // Another identity, and none at all.
        try sign(whole, sample.writing.signer, .rotation)
        expectSame(try open(keys.id), keys)
        #expect(code { _ = try open(keys.id, .generate()) } == "repository.identity-opens-nothing")
        #expect(code { _ = try open(self.keys(3).id) } == "repository.missing-file")
        #expect(code { try store.publish(self.keys(4), to: []) } == "repository.no-recipients")
    }

    @Test func `keys of another instance are refused by name`() throws {
        let keys = keys()
        try keys.require(database)
        // A right that this user lacks says nothing.
        try keys.require(.init(name: "infisical", oid: 16_384, system: nil, instance: nil))
        for (word, other) in [
            ("7402", RotationKeys.Database(name: "infisical", oid: 16_384, system: "7402", instance: "0a1b")),
            ("16385", .init(name: "infisical", oid: 16_385, system: "7401", instance: "0a1b")),
            ("9z", .init(name: "infisical", oid: 16_384, system: "7401", instance: "9z")),
            ("another", .init(name: "another", oid: 16_384, system: nil, instance: "0a1b")),
        ] {
            let fault = #expect(throws: RepositoryFault.self) { try keys.require(other) }
            #expect(fault?.code == "repository.other-rotation" && fault?.message.contains(word) == true)
        }
    }

    @Test func `what is inside must be keys`() throws {
        let signer = try sample.writing.signer, id = keys().id
        let path = sample.path("rotations/\(id.text).age")
        try publish(keys())
        let opened = try Age.open(try sample.files.read(path, limit: 1 << 20), identities: [sample.identity]).text
        for (from, to) in [
            ("rotation-keys/1", "rotation-keys/2"), ("ENCRYPTION_KEY\":\"Nm", "OTHER_SECRET\":\"Nm"),
            ("\"label\":\"aaaa", "\"label\":\"AAAA"), ("\"rootKey\":\"", "\"rootKey\":\"QQ"),
            ("/srv/infisical", "srv/infisical"), ("2023-11-14T", "2023-11-99T"), ("\"fips\":false", "\"fips\":0"),
            (
                "\"environment\":{\"ENCRYPTION_KEY\":\"NmMxZmU0ZTQwN2I4OTExYzEwNDUxODEwMzUwNWIyMTg=\"}",
                "\"environment\":{}"
            ),
        ] {
            let changed = opened.replacing(from, with: to)
            #expect(changed != opened, "\(from)")
            let sealed = try Age.seal(.testing(changed), to: [sample.identity.recipient()], armored: true)
            try SignedFile.publish(
                sealed, at: path, purpose: .rotation, signer: signer, files: sample.files, existing: .replace)
            #expect(code { _ = try open(id) } == "repository.malformed", "\(from)")
        }
    }

    @Test func `a check knows the folder, and names what does not belong there`() throws {
        let keys = keys()
        #expect(try store.ids.isEmpty)
        try publish(keys)
        try sample.write("x", to: "rotations/notes.txt")
        #expect(try sample.notes() == ["repository.unknown-file rotations/notes.txt"])
        try sample.remove("rotations/notes.txt")
        try sample.remove("rotations/\(keys.id.text).age.sig")
        #expect(try sample.damage() == ["repository.missing-file rotations/\(keys.id.text).age"])
    }

    @Test func `repair takes damaged ones from another copy, else moves them away with their signature`() throws {
        let keys = keys(), path = "rotations/\(keys.id.text).age"
        try publish(keys)
        let copy = try sample.copied(as: "copy")
        for other in [copy, nil] {
            try sample.edit(path) { $0[200] ^= 1 }
            let repository = try sample.reopened(), inventory = try Inventory(repository)
            var repair = Repair(repository: repository, inventory: inventory, other: other)
            let plan = try repair.plan(findings: sample.findings())
            try repair.perform(plan, clock: SystemClock())
            #expect(try sample.findings().isEmpty)
            #expect(try store.ids.count == (other == nil ? 0 : 1))
            if other != nil { expectSame(try open(keys.id), keys) }
        }
    }

    @Test func `what was cut off while it was written is told, and removed where nothing is open`() throws {
        let keys = keys()
        try publish(keys)
        #expect(try store.leftovers().isEmpty)
        let other = "20990101T000000Z-00000000.age.sig", temporary = Files.temporaryPrefix + "0123456789abcdef"
        for name in [other, temporary] { try sample.write("x", to: "rotations/" + name) }
        #expect(try Set(store.leftovers()) == [other, temporary])
        try store.removeLeftovers()
        #expect(try store.leftovers().isEmpty && store.digest(of: keys.id) != nil)
    }

    @Test func `removed they leave nothing, however often`() throws {
        let keys = keys()
        try store.remove(keys.id)
        try publish(keys)
        try publish(self.keys(2))
        for _ in 0..<2 { try store.remove(keys.id) }
        #expect(try store.ids == [self.keys(2).id])
        try store.remove(self.keys(2).id)
        #expect(try sample.files.list(folder).isEmpty && sample.findings().isEmpty)
        // A run that was killed between the two.
        try publish(keys)
        try sample.remove("rotations/\(keys.id.text).age")
        try store.remove(keys.id)
        #expect(try sample.files.list(folder).isEmpty)
    }

    @Test func `the frozen sample, which age and ssh-keygen made, opens for ever`() throws {
        let fixture = Fixtures.path("repositories/format-1"), folder = sample.folder, files = sample.files
        try shell("cp -a \"$0/repository\" \"$1\"", fixture, folder.path("frozen"))
        let signer = String(decoding: try files.read(fixture + "/signer", limit: 200), as: UTF8.self)
        let repository = try Repository(
            path: folder.path("frozen"), stateFolder: folder.path("other"),
            pinned: String(signer.prefix { $0 != "\n" }), files: files)
        let identities = try AgeIdentityFile.parse(try files.readSecret(fixture + "/identity.txt", limit: 4096))
        let store = RotationStore(repository), id = try #require(RotationID("20261125T031500Z-0badcafe"))
        #expect(try store.ids == [id] && store.findings().isEmpty)
        let keys = try store.open(id, identities: identities, source: "test")
        #expect(keys.started.iso8601 == "2026-11-25T03:15:00Z" && keys.depth == "deep" && !keys.isFIPS)
        #expect(keys.database.system == "7401234567890123456" && keys.database.oid == 16_384)
        #expect(keys.environmentFiles == ["/srv/infisical/.env", "/srv/infisical/.env.infisical"])
        #expect(keys.old.environment.mapValues(\.text) == ["ENCRYPTION_KEY": "6c1fe4e407b8911c104518103505b218"])
        #expect(keys.old.label == "e16e9c609e037f49c571a3f41b1b6d38")
        #expect(keys.new.environment.mapValues(\.text) == ["ENCRYPTION_KEY": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"])
        #expect(keys.new.rootKey?.withBytes { Array($0) } == Array(32..<64))
    }

    // MARK: - Beside the journal

    @Test func `the journal's copy opens with the host key of this rotation alone`() throws {
        let path = sample.folder.path("state/rotation-key.txt"), keys = keys(), files = sample.files
        let sealed = try RotationHostKey(makingAt: path, files: files).seal(keys, repository: "r")
        #expect(!sealed.contains("canary") && sealed.utf8.allSatisfy { $0 < 128 })
        // Made once: a run that goes on finds the same.
        expectSame(
            try RotationHostKey(makingAt: path, files: files).open(sealed, repository: "r", journal: "journal"), keys)
        expectSame(try RotationHostKey(at: path, files: files).open(sealed, repository: "r", journal: "journal"), keys)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(
            code { _ = try RotationHostKey(at: path, files: files).open(sealed, repository: "s", journal: "journal") }
                == "repository.malformed")
        for _ in 0..<2 { try RotationHostKey.remove(path, files: files) }
        #expect(code { _ = try RotationHostKey(at: path, files: files) } != nil)
        // The next rotation has another one.
        let next = try RotationHostKey(makingAt: path, files: files)
        #expect(code { _ = try next.open(sealed, repository: "r", journal: "journal") } != nil)
        try files.publishSecret(.testing("# no identity\n"), at: path)
        #expect(code { _ = try RotationHostKey(at: path, files: files) } != nil)
    }
}
