import Repository
import Testing

@Suite struct ProofLevelTests {
    @Test(arguments: [
        ("stored", ProofLevel.stored), ("READABLE", .readable), ("P2", .restored), ("p3", .equal),
        ("Decrypts", .decrypts),
        ("P5", .boots),
    ])
    func `levels are read as words and as numbers`(text: String, level: ProofLevel) {
        #expect(ProofLevel(word: text) == level)
    }

    @Test(arguments: ["", "P", "P6", "P-1", "0", "read", "decrypts (key supplied)"]) func `what is no level is none`(
        text: String
    ) {
        #expect(ProofLevel(word: text) == nil)
    }

    @Test func `levels have an order and a number, all but the one that nobody asks for`() {
        #expect((0...5).compactMap { ProofLevel(word: "P\($0)") } == ProofLevel.ladder)
        #expect(ProofLevel.allCases == ProofLevel.allCases.shuffled().sorted())
        #expect(.equal < ProofLevel.decryptsSupplied && ProofLevel.decryptsSupplied < .decrypts)
    }
}
