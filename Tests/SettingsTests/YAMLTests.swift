import Settings
import Testing

struct YAMLTests {
    private func fails(_ text: String) throws -> String {
        try fault { _ = try YAML.parse(text, file: "f.yaml") }.message
    }

    @Test func `scalars, sequences and mappings keep their places`() throws {
        let root = try YAML.parse("a: 1\nb:\n  - x\n  - 'y z'\nc: {d: null}\n", file: "f")
        #expect(root["a"]?.text == "1")
        #expect(root["b"]?.items?.map(\.text) == ["x", "y z"])
        #expect(root["b"]?.items?[1].mark.line == 4)
        #expect(root["b"]?.items?[1].mark.column == 5)
        #expect(root["c"]?["d"]?.isNull == true)
        #expect(root.entries?.map(\.keyMark.line) == [1, 2, 5])
        #expect(root["nothing"] == nil)
        #expect(root["a"]?["b"] == nil)
    }

    @Test(arguments: ["", "# only a comment\n", "---\n", "~", "null\n"])
    func `a text without content is a null node`(text: String) throws {
        #expect(try YAML.parse(text, file: "f").isNull)
    }

    @Test func `quoted words that look like null are text`() throws {
        let root = try YAML.parse("a: 'null'\nb: \"\"\nc: |\n  line\n", file: "f")
        #expect(root["a"]?.text == "null")
        #expect(root["b"]?.text?.isEmpty == true)
        #expect(root["c"]?.text == "line\n")
    }

    @Test func `an alias is replaced by what its anchor names`() throws {
        let root = try YAML.parse("a: &x [1, 2]\nb: *x\nc: &y {k: v}\nd: *y\ne: &z word\nf: *z\n", file: "f")
        #expect(root["b"]?.items?.compactMap(\.text) == ["1", "2"])
        #expect(root["d"]?["k"]?.text == "v")
        #expect(root["f"]?.text == "word")
        #expect(root["b"]?.mark.line == 2)
    }

    @Test func `tags are kept`() throws {
        #expect(try YAML.parse("a: !reset x\n", file: "f")["a"]?.tag == "!reset")
    }

    @Test func `a duplicate key is an error with its place`() throws {
        let found = try fault { _ = try YAML.parse("a: 1\nb: 2\na: 3\n", file: "f.yaml") }
        #expect(found == .duplicateKey(place: "f.yaml:3:1", key: "a"))
    }

    @Test(
        arguments: [
            ("a: b: c\n", "f.yaml:1:5"), ("a: [1, 2\n", "f.yaml:2:1"), ("a: 'x\n", "f.yaml:2:1"),
            ("a: *x\n", "f.yaml:1:4"), ("---\na: 1\n---\nb: 2\n", "f.yaml:3:1"), ("? [a]\n: b\n", "f.yaml:1:3"),
            ("a: \u{1}\n", "f.yaml"), ("\ta: 1\n", "f.yaml:1:1"),
        ])
    func `a syntax error names its place`(text: String, place: String) throws {
        #expect(try fails(text).hasPrefix(place))
    }

    @Test func `aliases that would grow without bound are refused`() throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        #expect(try fails(text).contains("more values"))
    }

    @Test func `nesting has a limit`() throws {
        #expect(try fails(String(repeating: "[", count: 100) + String(repeating: "]", count: 100)).contains("deeply"))
    }

    @Test func `a syntax error never repeats the text`() throws {
        for text in ["key: 'hunter2\n", "key: \"hunter2\\q\"\n", "key: hunter2: x\n", "key: @hunter2\n", "%hunter2\n"] {
            let found = try fault { _ = try YAML.parse(text, file: "f.yaml") }
            #expect(!seen(found).contains("hunter2"))
        }
    }
}
