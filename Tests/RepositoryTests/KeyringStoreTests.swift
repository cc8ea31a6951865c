import Age
import Crypto
import DurableFiles
import Effects
import Repository
import Secrets
import TestSupport
import Testing

@Suite struct KeyringStoreTests {
    let sample: SampleRepository
    init() throws { sample = try SampleRepository() }

    private let name = "keys/keyring-1.json"

    @Test func `a new repository's keyring names its generation, recipients and files`() throws {
        let keyring = try sample.reopened().keyring
        #expect(keyring.schema == Keyring.schema && keyring.repository == sample.repository.description.id)
        #expect(keyring.current == 1 && keyring.generations.map(\.number) == [1])
        #expect(keyring.generations.first?.recipient.hasPrefix("age1") == true)
        #expect(keyring.recipients == [try sample.identity.recipient().text])
        #expect(keyring.files.keys.sorted() == ["id-key-1.age", "identity-1.age", "signing-key-1.age"])
        for (file, hashes) in keyring.files {
            #expect(hashes == [SHA256.hash(try sample.read("keys/" + file)).hex])
        }
    }

    @Test func `without a keyring, or without its signature, nothing opens`() throws {
        try sample.remove(name + ".sig")
        #expect(throws: RepositoryFault.missing(path: name + ".sig")) { try sample.reopened() }
        try sample.remove(name)
        #expect(throws: RepositoryFault.missing(path: name)) { try sample.reopened() }
    }

    @Test func `a keyring that somebody edited, or signed himself, is refused`() throws {
        let refusal = RepositoryFault.badSignature(
            path: name, reason: "it was edited, or signed by a key that no trusted signer vouches for")
        try sample.edit(name) { $0[$0.count / 2] ^= 1 }
        #expect(throws: refusal) { try sample.reopened() }
        // The attack this is about: the next backup sealed to somebody else.
        var keyring = sample.repository.keyring
        keyring.generations[0].recipient = try #require(try AgeIdentity.generate().recipient().text)
        try SignedFile.publish(
            try StoredJSON.encode(keyring), at: sample.path(name), purpose: .keyring, signer: .stranger(),
            files: sample.files, existing: .replace)
        #expect(throws: refusal) { try sample.reopened() }
    }

    @Test func `a higher revision that is not signed is damage, not a reason to take a lower one`() throws {
        try sample.write("{}", to: "keys/keyring-9.json")
        #expect(throws: RepositoryFault.missing(path: "keys/keyring-9.json.sig")) { try sample.reopened() }
    }

    @Test(arguments: ["keyring-+9.json", "keyring-09.json", "keyring-.json", "keyring-9.json.bak", "keyring-x.json"])
    func `another spelling of a revision is a stranger`(file: String) throws {
        try sample.write("{}", to: "keys/" + file)
        #expect(try sample.reopened().keyring.revision == 1)
        #expect(try sample.notes() == ["repository.unknown-file keys/\(file)"])
    }

    @Test func `a keyring under another revision's number is damage`() throws {
        for suffix in ["", ".sig"] {
            try sample.write(try sample.read(name + suffix), to: "keys/keyring-2.json" + suffix)
        }
        #expect(
            throws: RepositoryFault.malformed(
                path: "keys/keyring-2.json", reason: "it does not belong to this repository")
        ) { try sample.reopened() }
    }

    @Test func `a keyring whose current generation is not in it is damage`() throws {
        try sample.publishKeyring { $0.current = 2 }
        #expect(
            throws: RepositoryFault.malformed(path: name, reason: "it does not belong to this repository")
        ) { try sample.reopened() }
    }

    @Test func `a keyring that went back is refused by a host that saw the newer one`() throws {
        let old = try (sample.read(name), sample.read(name + ".sig"))
        _ = try RecipientChange(repository: sample.repository, clock: SystemClock()).rekey(
            recipients: [try sample.identity.recipient()])
        #expect(try sample.files.status(sample.path(name)) == nil)
        try sample.write(old.0, to: name)
        try sample.write(old.1, to: name + ".sig")
        #expect(try sample.reopened().keyring.revision == 2)
        for suffix in ["", ".sig"] { try sample.remove("keys/keyring-2.json" + suffix) }
        #expect(
            throws: RepositoryFault.malformed(
                path: "keys", reason: "the newest keyring is revision 1, but this host saw revision 2")
        ) { try sample.reopened() }
        // A host that never saw it cannot know.
        #expect(try sample.openedElsewhere().keyring.revision == 1)
    }

    @Test(arguments: ["list", "open", "inspect"])
    func `a keyring that is replaced while it is read is not one that is missing`(moment: String) throws {
        let sample = sample
        let observer = Meanwhile(after: { effect in
            // Before the keyring is listed, after it was listed, or between it and its signature.
            switch moment {
            case "list": effect.kind == .list && effect.subject.hasSuffix("/keys")
            case "open": effect.kind == .open && effect.subject.hasSuffix("keyring-1.json")
            default: effect.kind == .inspect && effect.subject.hasSuffix("memory.json")
            }
        }) {
            _ = try RecipientChange(repository: try sample.reopened(), clock: SystemClock()).rekey(
                recipients: [try sample.identity.recipient()])
        }
        let opened = try Repository(
            path: sample.root, stateFolder: sample.state, pinned: nil,
            files: Files(effects: Effects(observer: observer)))
        #expect(observer.happened && opened.keyring.revision == 2)
    }

    @Test func `what lies between the signature and the keyring of a change that was killed does no harm`() throws {
        try sample.write(try sample.read(name + ".sig"), to: "keys/keyring-2.json.sig")
        #expect(try sample.damage().isEmpty && sample.notes().isEmpty)
        _ = try RecipientChange(repository: try sample.reopened(), clock: SystemClock()).rekey(
            recipients: [try sample.identity.recipient()])
        #expect(try sample.reopened().keyring.revision == 2)
    }
}
