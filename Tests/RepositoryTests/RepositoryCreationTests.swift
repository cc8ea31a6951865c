import Age
import Crypto
import DurableFiles
import Effects
import Repository
import Secrets
import Synchronization
import TestSupport
import Testing

@Suite struct RepositoryCreationTests {
    private let folder: TemporaryFolder
    private let files = Files(effects: Effects())

    init() throws { folder = try TemporaryFolder(in: TemporaryFolder.memory) }

    private func creation(
        _ files: Files? = nil, state: String = "state", clock: any Clock = SystemClock()
    ) -> RepositoryCreation {
        RepositoryCreation(
            path: folder.path("repository"), stateFolder: folder.path(state), files: files ?? self.files, clock: clock)
    }

    /// A second passes at every look.
    private final class PassingClock: Clock {
        private let seconds = Atomic<Int64>(1_700_000_000)
        func now() -> Timestamp { Timestamp(seconds: seconds.add(1, ordering: .relaxed).newValue) }
        func monotonic() -> UInt64 { 0 }
    }

    private func opened(state: String = "state") throws -> Repository {
        try Repository(
            path: folder.path("repository"), stateFolder: folder.path(state), pinned: nil, files: files)
    }

    @Test func `everything is there for its owner alone`() throws {
        _ = try creation().create(
            id: try RepositoryCreation.newID(), recipients: [try AgeIdentity.generate().recipient()])
        let repository = try opened(), inventory = try Inventory(repository)
        let check = RepositoryFilesCheck(repository: repository, inventory: inventory)
        #expect(try check.keyFiles().isEmpty && check.strangers().isEmpty && check.modes().isEmpty)
        #expect(try files.status(repository.layout.recoverScript)?.mode == 0o700)
        #expect(try files.status(repository.layout.description)?.mode == 0o600)
        #expect(try repository.host.memory()?.sequence == 0)
    }

    @Test func `the keyring and the description say the same moment, however long it takes`() throws {
        _ = try creation(clock: PassingClock()).create(
            id: try RepositoryCreation.newID(), recipients: [try AgeIdentity.generate().recipient()])
        let repository = try opened()
        #expect(repository.description.created == repository.keyring.generations.first?.created)
    }

    @Test func `an id is 32 hex digits and never the same`() throws {
        let ids = try (0..<20).map { _ in try RepositoryCreation.newID() }
        #expect(Set(ids).count == 20 && ids.allSatisfy { $0.utf8.count == 32 && $0 == $0.lowercased() })
    }

    @Test func `nobody to seal to is refused before anything is made`() throws {
        #expect(throws: RepositoryFault.noRecipients) { try creation().create(id: "x", recipients: []) }
        #expect(try files.list(folder.path).isEmpty)
    }

    @Test func `an existing repository is not touched`() throws {
        let recipient = try AgeIdentity.generate().recipient()
        _ = try creation().create(id: try RepositoryCreation.newID(), recipients: [recipient])
        let before = try files.read(opened().layout.allowedSigners, limit: 1000)
        #expect(throws: RepositoryFault.alreadyThere(path: folder.path("repository"))) {
            try creation().create(id: try RepositoryCreation.newID(), recipients: [recipient])
        }
        #expect(try files.read(opened().layout.allowedSigners, limit: 1000) == before)
    }

    @Test func `a creation that was cut off anywhere is no repository, and the next one is whole`() throws {
        let recipient = try AgeIdentity.generate().recipient()
        for position in stride(from: 1, to: 200, by: 7) {
            let observer = FailingObserver(at: position, kind: .failsBefore) {
                ![.createFolder, .inspect].contains($0.kind)
            }
            let broken = creation(Files(effects: Effects(observer: observer)))
            do { _ = try broken.create(id: try RepositoryCreation.newID(), recipients: [recipient]) } catch is FileFault
            {}
            guard observer.happened else { break }
            if try files.status(folder.path("repository/repository.json")) == nil {
                _ = try creation().create(id: try RepositoryCreation.newID(), recipients: [recipient])
            }
            let repository = try opened()
            #expect(
                try RepositoryFilesCheck(
                    repository: repository, inventory: try Inventory(repository)
                ).keyFiles().isEmpty, "step \(position)")
            try shell("rm -r \"$0\" \"$1\"", folder.path("repository"), folder.path("state"))
        }
    }

    // MARK: - Adopting

    private func made() throws -> (identity: AgeIdentity, signer: String) {
        let identity = try AgeIdentity.generate()
        return (
            identity,
            try creation().create(id: try RepositoryCreation.newID(), recipients: [try identity.recipient()])
        )
    }

    @Test func `a second host takes the repository over with the recovery sheet`() throws {
        let (identity, signer) = try made()
        try creation(state: "second").adopt(pinned: signer, identities: [identity], source: "sheet")
        let first = try opened().writingKeys(), second = try opened(state: "second").writingKeys()
        #expect(first.signer.fingerprint == second.signer.fingerprint && first.idKey.equals(second.idKey))
        #expect(try opened(state: "second").host.memory() == opened().host.memory())
    }

    @Test func `an identity that opens nothing adopts nothing, and what the host knew stays`() throws {
        let (_, signer) = try made()
        let before = try opened().host.memory()
        #expect(throws: RepositoryFault.identityOpensNothing(file: "sheet")) {
            try creation().adopt(pinned: signer, identities: [.generate()], source: "sheet")
        }
        let stranger = try Signer.stranger().fingerprint
        #expect(throws: RepositoryFault.signerUnknown(pinned: stranger)) {
            try creation().adopt(pinned: stranger, identities: [.generate()], source: "sheet")
        }
        #expect(try opened().host.memory() == before)
    }

    @Test(arguments: ["signing-key-1.age", "id-key-1.age"])
    func `a key that an attacker sealed is not taken over`(name: String) throws {
        let (identity, signer) = try made()
        let planted = HexKey.encode(try Random.secret(count: 32))
        let path = try opened().layout.keys + "/" + name
        try files.publish(try Age.seal(planted, to: [try identity.recipient()], armored: true), at: path)
        #expect(
            throws: RepositoryFault.malformed(
                path: "keys/" + name, reason: "its bytes do not have the recorded SHA-256")
        ) { try creation(state: "second").adopt(pinned: signer, identities: [identity], source: "sheet") }
        #expect(
            try HostState(stateFolder: folder.path("second"), repository: opened().description.id, files: files)
                .signer() == nil)
    }

    @Test func `a signing key that is not the listed signer's is not taken over`() throws {
        // As a keyring says that was signed by mistake: its hash is right and its content is not.
        let (identity, signer) = try made(), repository = try opened()
        let planted = try Age.seal(
            HexKey.encode(try Random.secret(count: 32)), to: [try identity.recipient()], armored: true)
        try files.publish(planted, at: repository.layout.signingKey(line: 1))
        var keyring = repository.keyring
        keyring.files["signing-key-1.age"] = [SHA256.hash(planted).hex]
        try SignedFile.publish(
            try StoredJSON.encode(keyring), at: repository.layout.keyring(revision: 1), purpose: .keyring,
            signer: repository.writingKeys().signer, files: files, existing: .replace)
        #expect(
            throws: RepositoryFault.malformed(
                path: "keys/signing-key-1.age", reason: "it is not the key in keys/allowed_signers")
        ) { try creation(state: "second").adopt(pinned: signer, identities: [identity], source: "sheet") }
    }

    @Test func `adopting accepts a repository that went back, which is what it is for`() throws {
        let (identity, signer) = try made()
        try opened().host.remember(HostState.Memory(signer: signer, sequence: 9, keyringRevision: 9))
        #expect(throws: RepositoryFault.self) { try opened() }
        try creation().adopt(pinned: signer, identities: [identity], source: "sheet")
        #expect(try opened().host.memory() == HostState.Memory(signer: signer, sequence: 0, keyringRevision: 1))
    }
}
