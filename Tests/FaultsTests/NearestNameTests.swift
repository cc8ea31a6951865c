import Faults
import Testing

@Suite struct NearestNameTests {
    @Test(arguments: [("bakcup", "backup"), ("jbos", "jobs"), ("verfy", "verify"), ("list", "list"), ("lst", "list")])
    func `a typing error finds the name that was meant`(typed: String, meant: String) {
        #expect(NearestName.of(typed, among: ["backup", "jobs", "verify", "list"]) == meant)
    }

    @Test(arguments: ["xyz", "", "backuppp123", "ba"])
    func `another word finds nothing`(typed: String) {
        #expect(NearestName.of(typed, among: ["backup", "verify"]) == nil)
        #expect(NearestName.of(typed, among: []) == nil)
    }

    @Test(.timeLimit(.minutes(10)))
    func `a very long word is no typing error, and found to be none at once`() {
        let names = (0..<100).map { "candidate-\($0)" }
        #expect(NearestName.of(String(repeating: "é", count: 200_000), among: names) == nil)
    }

    @Test func `of two that are as near, the first by name is taken`() {
        #expect(NearestName.of("cat", among: ["hat", "bat"]) == "bat")
    }

    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("", "abc", 3), ("abc", "abc", 0), ("abc", "abd", 1), ("abc", "acb", 1),
        ("ab", "ba", 1), ("abc", "cab", 2), ("kitten", "sitting", 3), ("ca", "abc", 3), ("é", "e", 1),
    ])
    func `edits are counted, a swap of neighbours as one`(left: String, right: String, edits: Int) {
        #expect(NearestName.distance(left, right) == edits)
        #expect(NearestName.distance(right, left) == edits)
    }
}
