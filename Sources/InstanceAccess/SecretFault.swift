package import Faults
package import Settings

/// Why a password or a passphrase could not be had from where the configuration says. Never holds what was read.
package enum SecretFault: Fault, Equatable {
    case commandFailed(reason: String, namedBy: Origin)
    /// The first line of a file, or of what a program printed, is blank; `place` is the file or the program.
    case empty(place: String, namedBy: Origin)
    case notText(place: String, namedBy: Origin)

    package var code: String {
        switch self {
        case .commandFailed: "secret.command-failed"
        case .empty: "secret.empty"
        case .notText: "secret.not-text"
        }
    }

    package var message: String {
        switch self {
        case .commandFailed(let reason, let namedBy): "no secret came from the command (\(namedBy)): \(reason)"
        case .empty(let place, let namedBy): "no secret came from \(place) (\(namedBy)): its first line is empty"
        case .notText(let place, let namedBy): "no secret came from \(place) (\(namedBy)): it holds a NUL byte"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .commandFailed:
            [.check("run that command by hand as the same user; it must print the secret without asking for anything")]
        case .empty, .notText: [.check("the secret has to be the first line, as text")]
        }
    }

    package var exit: ExitCode { .refused }
}
