import Repository
import Testing

@Suite struct StoredJSONTests {
    private struct Sample: Codable, Equatable {
        struct Inner: Codable, Equatable { var number: Int }
        var z: String
        var a: [Inner]
    }

    @Test func `members are sorted, slashes are plain, one line feed ends the document`() throws {
        let bytes = try StoredJSON.encode(Sample(z: "a/b é", a: [.init(number: 1)]))
        #expect(String(decoding: bytes, as: UTF8.self) == "{\"a\":[{\"number\":1}],\"z\":\"a/b é\"}\n")
        #expect(try StoredJSON.decode(Sample.self, from: bytes, path: "p") == Sample(z: "a/b é", a: [.init(number: 1)]))
    }

    @Test func `members that nobody knows yet are ignored`() throws {
        let text = #"{"a":[],"new":{"b":[1]},"z":"x"}"#
        #expect(try StoredJSON.decode(Sample.self, from: Array(text.utf8), path: "p") == Sample(z: "x", a: []))
    }

    @Test(arguments: [
        ("", "it is empty"),
        (#"{"a":[],"z":"x""#, "it is not JSON (truncated or overwritten)"),
        ("\u{0}\u{0}\u{0}", "it is not JSON (truncated or overwritten)"),
        (#"{"a":[]}"#, "member \"z\" is missing"),
        (#"{"a":[{"number":"1"}],"z":"x"}"#, "member \"a[0].number\" has the wrong type"),
        (#"{"a":[{"number":null}],"z":"x"}"#, "member \"a[0].number\" has the wrong type"),
        ("[]", "it is not an object"),
    ])
    func `what is wrong is told with the member`(text: String, reason: String) {
        #expect(throws: RepositoryFault.malformed(path: "p", reason: reason)) {
            try StoredJSON.decode(Sample.self, from: Array(text.utf8), path: "p")
        }
    }
}
