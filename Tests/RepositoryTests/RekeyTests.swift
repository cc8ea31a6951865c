import Age
import DurableFiles
import Effects
import Repository
import Secrets
import TestSupport
import Testing

@Suite struct RekeyTests {
    let sample: SampleRepository
    init() throws { sample = try SampleRepository() }

    private func rekey(files: Files? = nil) throws -> Keyring.Generation {
        let repository = try Repository(
            path: sample.root, stateFolder: sample.state, pinned: nil, files: files ?? sample.files)
        return try RecipientChange(repository: repository, clock: SystemClock()).rekey(
            recipients: [try sample.identity.recipient()])
    }

    private func depth() throws -> Verification.Depth {
        let repository = try sample.openedElsewhere()
        let keys = try repository.keyring.generations.map { generation in
            (
                generation.number,
                try repository.readingKeys(generation: generation.number, identities: [sample.identity], source: "test")
            )
        }
        return .readable(Dictionary(uniqueKeysWithValues: keys))
    }

    @Test func `a new generation has its own identity and id key, and the next backup is full`() throws {
        let first = try sample.backup([noise(100)])
        let generation = try rekey()
        #expect(generation.number == 2 && generation.recipient != first.key.recipient)
        let second = try sample.backup([noise(100)])
        #expect(second.key.generation == 2 && second.key.recipient == generation.recipient)
        #expect(second.added.chunks == 1 && Set(second.chunks.keys).isDisjoint(with: first.chunks.keys))
        #expect(try sample.findings(depth()).isEmpty)
        #expect(try sample.backup([noise(100)]).added.chunks == 0)
    }

    @Test func `a chunk of one generation does not open with the keys of another`() throws {
        let first = try sample.backup([noise(100)])
        _ = try rekey()
        let keys = try sample.reopened().readingKeys(generation: 2, identities: [sample.identity], source: "test")
        let found = try sample.findings(.readable([1: keys]))
        #expect(found.map(\.code) == ["repository.chunk-does-not-decrypt"])
        #expect(found.first?.backups == [first.id])
    }

    @Test func `keys of a generation that are not at hand are not taken for damage`() throws {
        try sample.backup([noise(100)])
        #expect(throws: RepositoryFault.identityMissing(path: nil)) { try sample.findings(.readable([:])) }
    }

    @Test func `nobody to seal to is refused`() throws {
        #expect(throws: RepositoryFault.noRecipients) {
            try RecipientChange(repository: sample.repository, clock: SystemClock()).rekey(recipients: [])
        }
    }

    @Test func `a rekey that was cut off anywhere is nothing, and the next one is whole`() throws {
        try sample.backup([noise(100)])
        for position in 1...12 {
            let observer = FailingObserver(at: position, kind: .failsBefore) { [.rename, .sync].contains($0.kind) }
            do {
                _ = try rekey(files: Files(effects: Effects(observer: observer)))
            } catch is FileFault {}
            #expect(try sample.damage().isEmpty, "at step \(position)")
            let generation = try rekey()
            #expect(try sample.backup([noise(100)]).key.recipient == generation.recipient)
            #expect(try sample.findings(depth()).isEmpty, "at step \(position)")
        }
    }
}
