package import Faults

/// Why a request got no answer. Never holds a header or a body.
package enum HTTPFault: Fault, Equatable {
    /// No server answers at the address.
    case refused(url: String, reason: String)
    case unknownHost(url: String)
    /// The connection was taken and closed again without an answer.
    case closed(url: String)
    case timedOut(url: String, seconds: Double)
    /// Its certificate was signed by nobody whom this host trusts, is for another name, or is out of date.
    case untrusted(url: String)
    /// TLS or the protocol itself failed.
    case failed(url: String, reason: String)
    case tooLarge(url: String, limit: Int)
    case interrupted(signal: Int32)

    package var code: String {
        switch self {
        case .refused: "http.refused"
        case .unknownHost: "http.unknown-host"
        case .closed: "http.closed"
        case .timedOut: "http.timed-out"
        case .untrusted: "http.untrusted"
        case .failed: "http.failed"
        case .tooLarge: "http.too-large"
        case .interrupted: "http.interrupted"
        }
    }

    package var message: String {
        switch self {
        case .refused(let url, let reason): "nothing answers at \(url): \(reason)"
        case .unknownHost(let url): "the host of \(url) is not known here"
        case .closed(let url): "\(url) accepted the connection and closed it without an answer"
        case .timedOut(let url, let seconds): "\(url) did not answer within \(seconds) seconds"
        case .untrusted(let url): "the certificate of \(url) is not trusted here"
        case .failed(let url, let reason): "the request to \(url) failed: \(reason)"
        case .tooLarge(let url, let limit): "the answer of \(url) is larger than \(limit) bytes"
        case .interrupted: "stopped by a signal"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .refused, .closed, .timedOut: [.command(["infisical-ops", "health"])]
        case .unknownHost: [.command(["infisical-ops", "config", "show"])]
        case .untrusted(let url): [HTTPFault.authority, .command(["curl", "-v", url])]
        case .failed(let url, _), .tooLarge(let url, _): [.command(["curl", "-v", url])]
        case .interrupted: [.check("run the same command again")]
        }
    }

    /// What to do about a certificate of one's own authority.
    package static let authority = Hint.check(
        "name the file of its certificate authority in the environment variable SSL_CERT_FILE of this program")

    package var exit: ExitCode {
        if case .interrupted(let signal) = self { signal == 2 ? .interrupted : .terminated } else { .failed }
    }
}
