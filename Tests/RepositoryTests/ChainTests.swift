import Repository
import Testing

@Suite struct ChainTests {
    let sample: SampleRepository
    init() throws { sample = try SampleRepository() }

    /// The sentences about the chain.
    private func breaks() throws -> [String] {
        try Inventory(sample.repository).findings.compactMap { finding in
            guard case .damage(.brokenChain(let reason)) = finding.kind else { return nil }
            #expect(finding.backups.isEmpty, "no backup is harmed by what came before it")
            return reason
        }
    }

    private func remove(_ manifest: Manifest) throws {
        for suffix in ["", ".sig"] { try sample.remove("backups/\(manifest.id.text).json" + suffix) }
    }

    @Test func `backups that follow each other are in order, whatever their names and clocks say`() throws {
        // All have the same second in their names and random digits behind it.
        let made = try (1...8).map { try sample.backup([noise($0)]) }
        let inventory = try Inventory(sample.repository)
        #expect(inventory.entries.map(\.id) == made.map(\.id) && inventory.findings.isEmpty)
        #expect(inventory.latest?.id == made.last?.id)
    }

    @Test func `one missing in the middle is a gap`() throws {
        let made = try (1...3).map { try sample.backup([noise($0)]) }
        try remove(made[1])
        let last = made[2].id.text
        #expect(try breaks() == ["number 2 is missing before \(last), and no signed removal names it"])
    }

    @Test func `several missing at the beginning are one gap`() throws {
        let made = try (1...4).map { try sample.backup([noise($0)]) }
        for manifest in made[0...1] { try remove(manifest) }
        let third = made[2].id.text
        #expect(
            try breaks() == ["numbers 1 to 2 are missing before \(third), and no signed removal names them"])
    }

    @Test func `two with one number are told, by both names`() throws {
        let first = try sample.backup([noise(1)])
        let second = try sample.backup([noise(2)]) {
            $0.sequence = 1
            $0.previous = nil
        }
        let found = try #require(try breaks().first)
        #expect(found.hasSuffix("both have number 1"))
        #expect(found.contains(first.id.text) && found.contains(second.id.text))
    }

    @Test func `a backup that names another manifest than the one before it does not follow`() throws {
        let first = try sample.backup([noise(1)])
        let stray = Manifest.Link(id: first.id, sha256: String(repeating: "0", count: 64))
        let second = try sample.backup([noise(2)]) { $0.previous = stray }
        #expect(
            try breaks() == [
                "\(second.id.text) follows \(first.id.text), which is another manifest than the one here"
            ])
    }

    @Test func `one that was taken while those before it were lost names an earlier one, or none, and follows`() throws
    {
        let made = try (1...3).map { try sample.backup([noise($0)]) }
        let first = try #require(try Inventory(sample.repository).entries.first)
        let fourth = try sample.backup([noise(4)]) { $0.previous = first.link }
        try sample.backup([noise(5)]) { $0.previous = nil }
        #expect(try breaks() == [])
        // Its number says that there was one.
        try remove(made[2])
        #expect(try breaks() == ["number 3 is missing before \(fourth.id.text), and no signed removal names it"])
    }

    @Test func `a first backup that names one before it does not begin the chain`() throws {
        let first = try sample.backup([noise(1)]) {
            $0.previous = Manifest.Link(id: $0.id, sha256: String(repeating: "0", count: 64))
        }
        #expect(
            try breaks() == ["\(first.id.text) follows \(first.id.text), which is another manifest than the one here"])
    }

    @Test func `exchanged contents are damage of both, and a gap`() throws {
        let made = try (1...3).map { try sample.backup([noise($0)]) }
        let names = made[0...1].map { "backups/\($0.id.text).json" }
        for suffix in ["", ".sig"] {
            let both = try names.map { try sample.read($0 + suffix) }
            try sample.write(both[1], to: names[0] + suffix)
            try sample.write(both[0], to: names[1] + suffix)
        }
        #expect(
            try Set(sample.damage()) == [
                "repository.malformed \(names[0])", "repository.malformed \(names[1])",
                "repository.broken-chain backups/\(made[2].id.text).json",
            ])
    }
}
