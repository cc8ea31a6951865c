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
        (#"{"a":[],"z":"x","z":"y"}"#, "member \"z\" occurs twice"),
        (#"{"a":[],"\u007a":"x","z":"y"}"#, "member \"z\" occurs twice"),
        (#"{"a":[],"b":{"é":1,"y":2,"é":3},"z":"y"}"#, "member \"é\" occurs twice"),
        (#"{"a":[{"number":1,"x":[],"number":2}],"z":"y"}"#, "member \"number\" occurs twice"),
        (#"{"a":[{"number":1.0}],"z":"y"}"#, "it holds a number that is not an integer"),
        (#"{"a":[{"number":1e2}],"z":"y"}"#, "it holds a number that is not an integer"),
        (#"{"a":[],"z": "y"}"#, "it is not compact JSON in UTF-8"),
        ("{\"a\":[],\r\n\"z\":\"y\"}", "it is not compact JSON in UTF-8"),
        ("\u{feff}{\"a\":[],\"z\":\"y\"}", "it is not compact JSON in UTF-8"),
        (#"{"a":[],"z":"\u0000"}"#, "it holds a character that is not allowed in it"),
    ])
    func `what is wrong is told with the member`(text: String, reason: String) {
        #expect(throws: RepositoryFault.malformed(path: "p", reason: reason)) {
            try StoredJSON.decode(Sample.self, from: Array(text.utf8), path: "p")
        }
    }

    @Test func `another encoding than UTF-8 is refused`() throws {
        let bytes = #"{"a":[],"z":"x"}"#.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        #expect(throws: RepositoryFault.malformed(path: "p", reason: "it is not compact JSON in UTF-8")) {
            try StoredJSON.decode(Sample.self, from: bytes, path: "p")
        }
    }

    @Test(arguments: [
        #"{"z":"x","a":[]}"#, #"{"a":[{"number":-7},{"number":0}],"z":"\"a\":1,\"a\":2 {[ \\u0000é"}"#,
        #"{"a":[],"z":"true","zz":[true,false,null,"e1",{"a":1,"b":{"a":1}}]}"#,
    ])
    func `what all readers take alike is read`(text: String) throws {
        #expect(throws: Never.self) { try StoredJSON.decode(Sample.self, from: Array((text + "\n").utf8), path: "p") }
    }
}
