package import Faults

/// Why there is no jail. Nothing was started in it in any of these cases, except for a broken one.
package enum JailFault: Fault, Equatable {
    /// This process may not make one, and why.
    case notPermitted(String)
    /// A part of it could not be made.
    case notMade(String)
    /// Something outside answered from inside.
    case notTight([String])
    /// The host could not be looked at.
    case cannotSurvey(String, String)
    /// It ended, or answered something that is no answer.
    case broken(String)
    /// A program in it cannot be started.
    case cannotStart(program: String, reason: String)
    /// One of its processes was started by hand.
    case notOurs

    package var code: String {
        switch self {
        case .notPermitted: "jail.not-permitted"
        case .notMade: "jail.not-made"
        case .notTight: "jail.not-tight"
        case .cannotSurvey: "jail.cannot-survey"
        case .broken: "jail.broken"
        case .cannotStart: "jail.cannot-start"
        case .notOurs: "jail.not-ours"
        }
    }

    package var message: String {
        switch self {
        case .notPermitted(let why): "this process may not put a program apart from the rest of the host: \(why)"
        case .notMade(let why): "a program cannot be put apart from the rest of the host here: \(why)"
        case .notTight(let reached):
            "a program that is to be apart from the rest of the host reaches \(JailFault.list(reached))"
        case .cannotSurvey(let path, let why): "cannot tell what must be kept apart: \(path): \(why)"
        case .broken(let why): "the processes that were put apart ended by themselves: \(why)"
        case .cannotStart(let program, let reason):
            "\(program) does not start apart from the rest of the host: \(reason)"
        case .notOurs: "this command is for the program itself"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .notPermitted:
            [
                .check("run it as root, outside of a container or chroot that forbids name spaces"),
                .check("or prove this level on a machine with a container engine"),
            ]
        case .notMade: [.check("prove this level on another machine, or one with a container engine")]
        case .notTight: [.check("nothing was started; close that way, or prove this level on another machine")]
        case .cannotSurvey(let path, _): [.command(["ls", "-ld", path])]
        case .broken: [.check("look in the kernel's log (dmesg) whether memory ran out")]
        case .cannotStart(let program, _):
            [.check("every user must be able to read and run \(program) and what belongs to it")]
        case .notOurs: [.command(["infisical-ops", "--help"])]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .notPermitted, .notMade, .notTight, .cannotSurvey, .notOurs: .refused
        case .broken, .cannotStart: .failed
        }
    }

    private static func list(_ reached: [String]) -> String {
        reached.prefix(5).joined(separator: ", ") + (reached.count > 5 ? " and \(reached.count - 5) more" : "")
    }
}
