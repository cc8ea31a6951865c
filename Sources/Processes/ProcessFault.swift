package import Effects
package import Faults

/// What can go wrong with a program that is run. Never holds the environment or the input.
package enum ProcessFault: Fault, Equatable {
    /// No such program; `package` is the Debian package that has it, where that is known.
    case notFound(program: String, package: String?)
    /// There is such a file, but it may not be executed.
    case notExecutable(path: String)
    /// The system refused to start it.
    case cannotStart(program: String, folder: String?, Errno)
    /// The command cannot be given to the system: a NUL in an argument, an `=` in a variable's name.
    case unusable(program: String, reason: String)
    case failed(program: String, status: Int32, lastLines: [String])
    case killed(program: String, signal: Int32, lastLines: [String])
    case timedOut(program: String, after: Duration)
    /// It wrote more than the caller is ready to keep, in bytes.
    case outputTooLarge(program: String, limit: Int)
    /// It ended well, but before it had read what it was given.
    case inputNotRead(program: String)
    /// A pipe to or from it, or the wait for its end, failed.
    case broken(program: String, Errno)
    /// A signal asked this run to stop; the program was stopped.
    case interrupted(signal: Int32)

    package var code: String {
        switch self {
        case .notFound: "process.not-found"
        case .notExecutable: "process.not-executable"
        case .cannotStart: "process.cannot-start"
        case .unusable: "process.unusable"
        case .failed: "process.failed"
        case .killed: "process.killed"
        case .timedOut: "process.timed-out"
        case .outputTooLarge: "process.output-too-large"
        case .inputNotRead: "process.input-not-read"
        case .broken: "process.broken"
        case .interrupted(let signal): Interruption(signal: signal).code
        }
    }

    package var message: String {
        switch self {
        case .notFound(let program, _): "the program \(program) was not found"
        case .notExecutable(let path): "\(path) is not executable for this user"
        case .cannotStart(let program, let folder, let error):
            "cannot start \(program)\(folder.map { " in the folder \($0)" } ?? ""): \(error.text)"
        case .unusable(let program, let reason): "cannot start \(program): \(reason)"
        case .failed(let program, let status, let lines):
            "\(program) failed with status \(status)" + ProcessFault.quoted(lines)
        case .killed(let program, let signal, let lines):
            "\(program) was killed by signal \(signal)" + ProcessFault.quoted(lines)
        case .timedOut(let program, let time):
            "\(program) did not end within \(ProcessFault.text(of: time)) and was stopped"
        case .outputTooLarge(let program, let limit): "\(program) wrote more than \(limit) bytes and was stopped"
        case .inputNotRead(let program): "\(program) ended before it had read all of its input"
        case .broken(let program, let error): "the connection to \(program) broke: \(error.text)"
        case .interrupted(let signal): Interruption(signal: signal).message
        }
    }

    package var hints: [Hint] {
        switch self {
        case .notFound(_, let package?): [.command(["apt-get", "install", package])]
        case .notFound(let program, nil): [.check("install \(program), or add its folder to PATH")]
        case .notExecutable(let path): [.command(["ls", "-l", path])]
        case .cannotStart(_, let folder?, _): [.command(["ls", "-ld", folder])]
        case .cannotStart(let program, nil, _), .unusable(let program, _), .inputNotRead(let program),
            .broken(let program, _):
            [.check("check whether \(program) works when run by hand")]
        case .failed(let program, _, let lines):
            [.check(lines.isEmpty ? "try \(program) by hand; it gave no reason" : "what \(program) wrote says why")]
        case .killed(let program, _, _):
            [.check("look in the kernel's log (dmesg) whether \(program) was killed because memory ran out")]
        case .timedOut(let program, _): [.check("find out what \(program) waits for, then run the same command again")]
        case .outputTooLarge(let program, _): [.check("run \(program) by hand to see what it writes")]
        case .interrupted(let signal): Interruption(signal: signal).hints
        }
    }

    package var exit: ExitCode {
        if case .interrupted(let signal) = self { Interruption(signal: signal).exit } else { .failed }
    }

    private static func quoted(_ lines: [String]) -> String {
        lines.isEmpty ? "" : ": " + lines.joined(separator: " | ")
    }

    private static func text(of time: Duration) -> String {
        let (seconds, attoseconds) = time.components
        return seconds > 0 ? "\(seconds) s" : "\(attoseconds / 1_000_000_000_000_000) ms"
    }
}
