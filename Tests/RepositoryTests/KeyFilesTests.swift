import Age
import Crypto
import DurableFiles
import Effects
import Glibc
import Repository
import Secrets
import TestSupport
import Testing

/// What is sealed in `keys/`, and who can open it.
@Suite struct KeyFilesTests {
    let sample: SampleRepository
    init() throws { sample = try SampleRepository() }

    private func opened(_ repository: Repository, fallback: String? = nil) throws -> ReadingKeys {
        try repository.readingKeys(
            generation: 1, identities: [sample.identity], source: "sheet", fallback: fallback)
    }

    /// What anybody can do: seal something to the recipients.
    private func plant(_ text: Secret, at name: String) throws {
        try sample.write(
            try Age.seal(text, to: [try sample.identity.recipient()], armored: true), to: "keys/" + name)
    }

    private func changed(_ name: String) -> RepositoryFault {
        .malformed(path: "keys/" + name, reason: "its bytes do not have the recorded SHA-256")
    }

    @Test func `the identity opens the keys, on the host and elsewhere`() throws {
        let here = try opened(sample.repository), elsewhere = try opened(try sample.openedElsewhere())
        #expect(here.idKey.equals(elsewhere.idKey))
        #expect(try here.identity.recipient().text == sample.repository.keyring.generations[0].recipient)
        #expect(try elsewhere.identity.recipient().text == here.identity.recipient().text)
    }

    @Test func `age opens every sealed key`() throws {
        try sample.files.publishSecret(try AgeIdentityFile.render(sample.identity), at: sample.folder.path("identity"))
        for name in sample.repository.keyring.files.keys {
            try shell("age -d -i \"$0\" \"$1\" >/dev/null", sample.folder.path("identity"), sample.path("keys/" + name))
        }
    }

    @Test func `another identity opens nothing`() throws {
        let repository = try sample.openedElsewhere()
        #expect(throws: RepositoryFault.identityOpensNothing(file: "other")) {
            try repository.readingKeys(generation: 1, identities: [.generate()], source: "other")
        }
    }

    @Test func `an attacker's identity, sealed to the right recipients, is not used`() throws {
        try plant(try AgeIdentityFile.render(try .generate()), at: "identity-1.age")
        #expect(throws: changed("identity-1.age")) { try opened(sample.repository) }
        #expect(throws: changed("identity-1.age")) { try sample.repository.writingKeys() }
        #expect(try sample.damage() == ["repository.malformed keys/identity-1.age"])
    }

    @Test func `an attacker's id key, sealed to the right recipients, is not used`() throws {
        try plant(HexKey.encode(try Random.secret(count: 32)), at: "id-key-1.age")
        #expect(throws: changed("id-key-1.age")) { try opened(try sample.openedElsewhere()) }
        // The host has its own.
        _ = try opened(sample.repository)
    }

    @Test(arguments: ["", "garbage", "-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n-----END AGE ENCRYPTED FILE-----\n"])
    func `a damaged sealed identity is named, and that in a manifest is used instead`(text: String) throws {
        let manifest = try sample.backup([noise(10)])
        try sample.write(text, to: "keys/identity-1.age")
        #expect(throws: RepositoryFault.self) { try opened(sample.repository) }
        _ = try opened(sample.repository, fallback: manifest.key.identity)
        #expect(try sample.damage() == ["repository.malformed keys/identity-1.age"])
    }

    @Test func `a backup needs no sealed identity in keys while an older manifest has it`() throws {
        let first = try sample.backup([noise(10)])
        try sample.remove("keys/identity-1.age")
        #expect(throws: RepositoryFault.missing(path: "keys/identity-1.age")) { try sample.repository.writingKeys() }
        #expect(try sample.backup([noise(20)]).key.identity == first.key.identity)
        #expect(try sample.damage() == ["repository.missing-file keys/identity-1.age"])
    }

    @Test func `who is no recipient any more is not let in by what a manifest kept`() throws {
        let manifest = try sample.backup([noise(10)]), other = try AgeIdentity.generate()
        try RecipientChange(repository: sample.repository, clock: SystemClock()).perform(
            recipients: [try other.recipient()], identities: [sample.identity], source: "sheet")
        #expect(throws: RepositoryFault.identityOpensNothing(file: "sheet")) {
            try opened(try sample.reopened(), fallback: manifest.key.identity)
        }
    }

    @Test func `a generation that the keyring does not know opens from the manifest alone`() throws {
        let manifest = try sample.backup([noise(10)])
        try sample.repository.host.keep(idKey: try sample.writing.idKey, generation: 7)
        #expect(throws: RepositoryFault.missing(path: "keys/identity-7.age")) {
            try sample.repository.readingKeys(generation: 7, identities: [sample.identity], source: "sheet")
        }
        let keys = try sample.repository.readingKeys(
            generation: 7, identities: [sample.identity], source: "sheet", fallback: manifest.key.identity)
        #expect(try keys.identity.recipient().text == manifest.key.recipient)
    }

    @Test func `a sealed key that the keyring does not name is not used, and is a stranger`() throws {
        try plant(try AgeIdentityFile.render(try .generate()), at: "identity-7.age")
        #expect(
            throws: RepositoryFault.malformed(path: "keys/identity-7.age", reason: "the keyring does not name it")
        ) { try sample.repository.readingKeys(generation: 7, identities: [sample.identity], source: "sheet") }
        #expect(try sample.notes() == ["repository.unknown-file keys/identity-7.age"])
    }

    @Test func `a pipe in place of a sealed key is damage`() throws {
        try sample.remove("keys/id-key-1.age")
        mkfifo(sample.path("keys/id-key-1.age"), 0o600)
        #expect(try sample.damage() == ["repository.malformed keys/id-key-1.age"])
    }

    @Test func `a host without its keys cannot write, and is told what to do`() throws {
        let elsewhere = try sample.openedElsewhere()
        #expect(throws: RepositoryFault.hostKeysMissing(folder: elsewhere.host.folder)) { try elsewhere.writingKeys() }
        try elsewhere.host.keep(signingSeed: try Random.secret(count: 32))
        let stranger = try #require(try elsewhere.host.signer()).fingerprint
        #expect(throws: RepositoryFault.signerUnknown(pinned: stranger)) {
            try elsewhere.writingKeys()
        }
    }
}
