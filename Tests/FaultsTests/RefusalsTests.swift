import Faults
import Testing

@Suite struct RefusalsTests {
    private struct Refused: Fault, Equatable {
        let code: String
        var message: String { "no \(code)" }
        var hints: [Hint] { [.check("give \(code)"), .check("ask")] }
        var exit: ExitCode = .refused
    }

    @Test func `all that stands in the way is said at once, and what follows is checked`() throws {
        var refusals = Refusals(), checked = 0
        try refusals.check { throw Refused(code: "a") }
        try refusals.check { checked += 1 }
        try refusals.check { throw Refused(code: "b", exit: .keyMismatch) }
        let fault = try #require(throws: SeveralFaults.self) { try refusals.end() }
        #expect(checked == 1 && fault.message == "2 things stand in the way: (1) no a; (2) no b")
        #expect(fault.hints == [.check("give a"), .check("ask"), .check("give b")])
        // For scripts it is the one about a key.
        #expect(fault.code == "b" && fault.exit == .keyMismatch)
    }

    @Test func `that the instance does not answer counts before what was refused first`() throws {
        var refusals = Refusals()
        try refusals.check { throw Refused(code: "a") }
        try refusals.check { throw Refused(code: "b", exit: .unhealthy) }
        let fault = try #require(throws: SeveralFaults.self) { try refusals.end() }
        #expect(fault.code == "b" && fault.exit == .unhealthy)
    }

    @Test func `each thing in the way has its own hints under it`() throws {
        var refusals = Refusals()
        try refusals.check { throw Refused(code: "a") }
        try refusals.check { throw Refused(code: "b") }
        let fault = try #require(throws: SeveralFaults.self) { try refusals.end() }
        let lines = [
            "p: error: 2 things stand in the way:", "p: error: (1) no a", "p: hint: give a", "p: hint: ask",
            "p: error: (2) no b", "p: hint: give b", "p: hint: ask",
        ]
        #expect(FaultRenderer.text(fault, program: "p").split(separator: "\n").map(String.init) == lines)
        let failure = Failure(fault, context: ["restore"], cleanup: [Refused(code: "c")])
        let told = FaultRenderer.text(failure, program: "p").split(separator: "\n").map(String.init)
        #expect(
            told == [
                "p: error: restore: 2 things stand in the way:", "p: error: then, while cleaning up: no c",
            ] + lines.dropFirst())
    }

    @Test func `what later checks need ends with what was found before, one reason is itself, and none is nothing`()
        throws
    {
        var refusals = Refusals()
        try refusals.end()
        #expect(try refusals.required { 1 } == 1)
        #expect(throws: Refused(code: "a")) { try refusals.required { throw Refused(code: "a") } }
        #expect(throws: SeveralFaults.self) { try refusals.required { throw Refused(code: "c") } }
    }

    @Test func `an interruption ends all checks`() {
        var refusals = Refusals()
        #expect(throws: Refused(code: "x", exit: .interrupted)) {
            try refusals.check { throw Refused(code: "x", exit: .interrupted) }
        }
    }
}
