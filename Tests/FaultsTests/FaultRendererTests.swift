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

    @Test(arguments: [("plain", "plain"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("", "''"), ("x=1,y", "x=1,y")])
    func `words are quoted for a shell`(word: String, quoted: String) {
        #expect(FaultRenderer.shellQuoted(word) == quoted)
    }

    @Test func `contexts add up and keep cause and exit code`() {
        let failure = Failure(Failure(SampleFault(), context: ["inner"]), context: ["outer"])
        #expect(failure.message == "outer: inner: it broke")
        #expect(failure.code == "sample.fault" && failure.exit == .failed)
    }

    @Test func `of several exit codes the most important one is left with`() {
        #expect(ExitCode.mostImportant([.done, .partial, .stale, .damaged, .keyMismatch]) == .keyMismatch)
        #expect(ExitCode.mostImportant([.partial, .unhealthy]) == .unhealthy)
        #expect(ExitCode.mostImportant([.notFound, .damaged]) == .notFound)
        #expect(ExitCode.mostImportant([]) == .done)
    }

    @Test(arguments: [("bakcup", "backup"), ("jbos", "jobs"), ("verfy", "verify")])
    func `a typing error finds the name that was meant`(typed: String, meant: String) {
        #expect(NearestName.of(typed, among: ["backup", "jobs", "verify", "list"]) == meant)
    }

    @Test func `another word finds nothing`() {
        #expect(NearestName.of("xyz", among: ["backup", "verify"]) == nil)
    }
}
