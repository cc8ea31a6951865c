import Age
import DurableFiles
import Effects
import Repository
import Secrets
import TestSupport
import Testing

@Suite struct RecipientChangeTests {
    let sample: SampleRepository
    let other: AgeIdentity

    init() throws {
        sample = try SampleRepository()
        other = try .generate()
        try sample.backup([noise(10)])
    }

    private func change(
        to identity: AgeIdentity, with identities: [AgeIdentity], files: Files? = nil
    ) throws {
        let repository = try Repository(
            path: sample.root, stateFolder: sample.state, pinned: nil, files: files ?? sample.files)
        try RecipientChange(repository: repository, clock: SystemClock()).perform(
            recipients: [try identity.recipient()], identities: identities, source: "test")
    }

    private func reads(_ identity: AgeIdentity) -> Bool {
        do {
            // A host without any key of its own: everything comes out of the repository.
            _ = try sample.openedElsewhere().readingKeys(generation: 1, identities: [identity], source: "test")
            return true
        } catch { return false }
    }

    @Test func `new recipients read old backups, and an old identity no longer opens the keys`() throws {
        let chunks = try sample.repository.store.scan().chunks
        try change(to: other, with: [sample.identity])
        #expect(reads(other) && !reads(sample.identity))
        #expect(try sample.repository.store.scan().chunks == chunks)
        #expect(try sample.damage().isEmpty && sample.notes().isEmpty)
        let keyring = try sample.reopened().keyring
        #expect(keyring.recipients == [try other.recipient().text])
        #expect(keyring.files.values.allSatisfy { $0.count == 1 })
    }

    @Test func `changed twice, old and new backups are readable by the newest recipient`() throws {
        let third = try AgeIdentity.generate()
        try change(to: other, with: [sample.identity])
        try sample.backup([noise(20)])
        try change(to: third, with: [other])
        try sample.backup([noise(30)])
        let keys = try sample.openedElsewhere().readingKeys(generation: 1, identities: [third], source: "test")
        #expect(try sample.findings(.readable([1: keys])).isEmpty)
    }

    @Test func `an identity that opens nothing, and an empty list, change nothing`() throws {
        let before = try sample.read("keys/keyring-1.json")
        #expect(throws: RepositoryFault.identityOpensNothing(file: "test")) { try change(to: other, with: [other]) }
        #expect(throws: RepositoryFault.noRecipients) {
            try RecipientChange(repository: sample.repository, clock: SystemClock()).perform(
                recipients: [], identities: [sample.identity], source: "test")
        }
        #expect(try sample.read("keys/keyring-1.json") == before && reads(sample.identity))
    }

    @Test func `a host that cannot sign changes nothing`() throws {
        let elsewhere = try sample.openedElsewhere()
        #expect(throws: RepositoryFault.hostKeysMissing(folder: elsewhere.host.folder)) {
            try RecipientChange(repository: elsewhere, clock: SystemClock())
        }
    }

    @Test func `an attacker's key is not sealed for the new recipients`() throws {
        try sample.write(
            try Age.seal(
                try AgeIdentityFile.render(try .generate()), to: [try sample.identity.recipient()], armored: true),
            to: "keys/identity-1.age")
        #expect(throws: RepositoryFault.self) { try change(to: other, with: [sample.identity]) }
    }

    @Test(arguments: [FailingObserver.Kind.failsBefore, .failsAfter])
    func `whatever step fails, nothing looks damaged, and the same change again finishes it`(
        kind: FailingObserver.Kind
    ) throws {
        // From the state before, so that the steps of the change itself are met and not those of opening.
        let pristine = try sample.copied(as: "pristine"), memory = try sample.repository.host.memory()
        for position in 1... {
            let observer = FailingObserver(at: position, kind: kind) { effect in
                [.rename, .write, .sync, .syncFolder, .remove].contains(effect.kind)
            }
            do {
                try change(to: other, with: [sample.identity], files: Files(effects: Effects(observer: observer)))
            } catch is FileFault {}
            guard observer.happened else { break }
            #expect(try sample.damage().isEmpty, "after step \(position)")
            // The operator repeats what he did, with the identity that he had: it suffices wherever the run ended.
            try change(to: other, with: [sample.identity, other])
            #expect(reads(other) && !reads(sample.identity), "after step \(position)")
            #expect(try sample.damage().isEmpty && sample.notes().isEmpty)
            try shell("rm -r \"$0\"; cp -a \"$1\" \"$0\"", sample.root, pristine)
            try sample.repository.host.remember(try #require(memory))
        }
    }

    @Test func `a change that was cut off is finished with the old identity alone`() throws {
        for position in 1...3 {
            let observer = FailingObserver(at: position, kind: .failsAfter) { effect in
                effect.kind == .rename && effect.subject.hasSuffix(".age")
            }
            #expect(throws: FileFault.self) {
                try change(to: other, with: [sample.identity], files: Files(effects: Effects(observer: observer)))
            }
            try change(to: other, with: [sample.identity])
            #expect(reads(other) && !reads(sample.identity))
            try change(to: sample.identity, with: [other])
        }
    }
}
