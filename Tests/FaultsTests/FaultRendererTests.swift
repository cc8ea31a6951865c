import Faults
import Testing

private struct SampleFault: Fault {
    var code: String { "sample.fault" }
    var message: String { "it broke" }
    var hints: [Hint] { [.command(["rm", "a file"]), .check("look at it")] }
}

@Suite struct FaultRendererTests {
    @Test func `a fault is told with its context, its clean-up and its hints`() {
        let failure = Failure(SampleFault(), context: ["backup", "table t"], cleanup: [SampleFault()])
        #expect(
            FaultRenderer.text(failure) == """
                infisical-ops: error: backup: table t: it broke
                infisical-ops: error: then, while cleaning up: it broke
                infisical-ops: hint: run: rm 'a file'
                infisical-ops: hint: look at it

                """)
    }

    @Test func `what has to be filled in is explained before the command`() {
        #expect(
            FaultRenderer.text(.repairFromCopy)
                == "run, with DIR as another copy of the repository: infisical-ops repair --from DIR")
        #expect(FaultRenderer.text(.files(of: "x")) == "run: infisical-ops restore x --files kept-files")
    }

    @Test(arguments: [("plain", "plain"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("", "''"), ("x=1,y", "x=1,y")])
    func `words are quoted for a shell`(word: String, quoted: String) {
        #expect(FaultRenderer.shellQuoted(word) == quoted)
    }

    @Test(arguments: [
        ("plain ünï 日本 👩‍🚀", "plain ünï 日本 👩‍🚀"), ("two\nlines\r\tand", "two\\nlines\\r\\tand"),
        ("\u{1b}[2J\u{7}", "\\u{1b}[2J\\u{7}"), ("\u{9b}2J\u{7f}", "\\u{9b}2J\\u{7f}"),
        ("a\u{202e}b\u{2028}c", "a\\u{202e}b\\u{2028}c"), ("\0", "\\u{0}"), ("", ""),
    ])
    func `nothing from outside rewrites the terminal or pretends to be another line`(text: String, shown: String) {
        #expect(ControlCharacters.escaped(text) == shown)
        let fault = TextFault(text: text)
        let failure = Failure(fault, context: [text], cleanup: [fault])
        let rendered = FaultRenderer.text(failure, program: "p")
        #expect(
            rendered == """
                p: error: \(shown): \(shown)
                p: error: then, while cleaning up: \(shown)
                p: hint: \(shown)

                """)
    }
}

private struct TextFault: Fault {
    let text: String
    var code: String { "sample.text" }
    var message: String { text }
    var hints: [Hint] { [.check(text)] }
}
