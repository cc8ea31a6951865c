import Effects
import Faults
import Glibc
import Processes
import Testing

@Suite struct ProcessFaultTests {
    @Test(arguments: [
        (ProcessFault.notFound(program: "age", package: "age"), "process.not-found", "the program age was not found"),
        (.notFound(program: "x", package: nil), "process.not-found", "the program x was not found"),
        (.notExecutable(path: "/x"), "process.not-executable", "/x is not executable for this user"),
        (
            .cannotStart(program: "x", folder: nil, Errno(ENOEXEC)), "process.cannot-start",
            "cannot start x: Exec format error"
        ),
        (
            .cannotStart(program: "x", folder: "/f", Errno(ENOENT)), "process.cannot-start",
            "cannot start x in the folder /f: No such file or directory"
        ),
        (
            .unusable(program: "x", reason: "an argument contains a NUL character"), "process.unusable",
            "cannot start x: an argument contains a NUL character"
        ),
        (.failed(program: "x", status: 2, lastLines: []), "process.failed", "x failed with status 2"),
        (
            .failed(program: "x", status: 2, lastLines: ["a", "b"]), "process.failed", "x failed with status 2: a | b"
        ),
        (
            .killed(program: "x", signal: 9, lastLines: ["a"]), "process.killed", "x was killed by signal 9: a"
        ),
        (
            .timedOut(program: "x", after: .seconds(20)), "process.timed-out",
            "x did not end within 20 s and was stopped"
        ),
        (
            .timedOut(program: "x", after: .milliseconds(300)), "process.timed-out",
            "x did not end within 300 ms and was stopped"
        ),
        (
            .outputTooLarge(program: "x", limit: 10), "process.output-too-large",
            "x wrote more than 10 bytes and was stopped"
        ),
        (
            .inputNotRead(program: "x"), "process.input-not-read", "x ended before it had read all of its input"
        ),
        (
            .broken(program: "x", Errno(EIO)), "process.broken", "the connection to x broke: Input/output error"
        ),
    ])
    func `every fault has a code, a message and a hint`(fault: ProcessFault, code: String, message: String) {
        #expect(fault.code == code)
        #expect(fault.message == message)
        #expect(!fault.hints.isEmpty)
        #expect(fault.exit == .failed)
    }

    @Test func `a missing program with a known package is hinted as a command`() {
        let fault = ProcessFault.notFound(program: "pg_dump", package: "postgresql-client")
        #expect(fault.hints == [.command(["apt-get", "install", "postgresql-client"])])
    }

    @Test func `an interruption keeps its own words and exit code`() {
        let fault = ProcessFault.interrupted(signal: SIGINT), interruption = Interruption(signal: SIGINT)
        #expect(fault.code == interruption.code)
        #expect(fault.message == interruption.message)
        #expect(fault.hints == interruption.hints)
        #expect(fault.exit == .interrupted)
    }

    @Test func `the last lines of a program are few, short, and harmless to a terminal`() throws {
        let script = "exec >&2; seq 10; printf '\\033[31mred\\a\\n  \\n'; head -c 1000 /dev/zero | tr '\\0' x; exit 1"
        let result = try runner().run(shell(script))
        guard
            case .failed(_, 1, let lines)? = fault({ () throws(ProcessFault) in _ = try result.succeeded() })
        else {
            Issue.record("the run did not fail")
            return
        }
        #expect(lines == ["8", "9", "10", "[31mred", String(repeating: "x", count: 300)])
    }
}
