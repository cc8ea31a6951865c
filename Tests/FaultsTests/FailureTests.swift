import Faults
import Testing

private struct SampleFault: Fault {
    var name = "it broke"
    var code: String { "sample.fault" }
    var message: String { name }
    var hints: [Hint] { [.check("look at it")] }
    var exit: ExitCode { .damaged }
}

private struct PlainFault: Fault {
    var code: String { "sample.plain" }
    var message: String { "plain" }
    var hints: [Hint] { [] }
}

@Suite struct FailureTests {
    @Test func `contexts add up and keep cause, code, hints and exit code`() {
        let failure = Failure(Failure(SampleFault(), context: ["inner", "innermost"]), context: ["outer"])
        #expect(failure.message == "outer: inner: innermost: it broke")
        #expect(failure.code == "sample.fault" && failure.exit == .damaged)
        #expect(failure.hints == [.check("look at it")])
        #expect(failure.cause is SampleFault)
        #expect(Failure(PlainFault()).exit == .failed && Failure(PlainFault()).message == "plain")
    }

    @Test func `faults of the clean-up stay beside their cause, in their order`() {
        let inner = Failure(SampleFault(), cleanup: [SampleFault(name: "first")])
        let failure = Failure(inner, context: ["outer"], cleanup: [SampleFault(name: "second")])
        #expect(failure.message == "outer: it broke")
        #expect(failure.cleanup.map(\.message) == ["first", "second"])
    }

    @Test func `work within a context passes its result on, and its fault with the context`() throws {
        #expect(try within("counting") { 3 } == 3)
        do {
            try within("backup of database \"a\"") { try within("table t") { throw SampleFault() } }
            Issue.record("nothing was thrown")
        } catch let failure as Failure {
            #expect(failure.message == "backup of database \"a\": table t: it broke")
            #expect(failure.exit == .damaged)
        }
    }

    @Test func `an unexpected error is told by its kind, never by its content`() throws {
        struct Strange: Error { let password = "hunter2" }
        let fault: any Fault = .of(Strange())
        #expect(fault.code == "internal.unforeseen" && fault.exit == .failed && !fault.hints.isEmpty)
        #expect(fault.message == "an unexpected error: Strange")
        #expect(!FaultRenderer.text(fault).contains("hunter2"))
        // A fault stays what it is.
        let same: any Fault = .of(SampleFault())
        #expect(same is SampleFault)
        do { try within("x") { throw Strange() } } catch {
            #expect((error as? Failure)?.message == "x: an unexpected error: Strange")
        }
    }
}
