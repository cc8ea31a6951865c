package import Faults
import HTTP

/// What can go wrong between this program and a Redis server. Never holds a password.
package enum RedisFault: Fault, Equatable {
    case unknownHost(String)
    case refused(server: String, reason: String)
    case timedOut(server: String, seconds: Double)
    /// It wants a password, or another one.
    case notAuthenticated(server: String)
    /// It answers, and says that it cannot serve: still loading, replica without its primary.
    case notReady(server: String, reason: String)
    case lost(server: String, reason: String)
    case unexpectedAnswer(server: String)
    /// Its certificate proves nothing to this host; the password was not sent.
    case untrusted(server: String, note: String? = nil)
    /// No encrypted connection came about.
    case noTLS(server: String, reason: String)
    case interrupted(signal: Int32)

    package var code: String {
        switch self {
        case .unknownHost: "redis.unknown-host"
        case .refused: "redis.refused"
        case .timedOut: "redis.timed-out"
        case .notAuthenticated: "redis.not-authenticated"
        case .notReady: "redis.not-ready"
        case .lost: "redis.lost"
        case .unexpectedAnswer: "redis.unexpected-answer"
        case .untrusted: "redis.untrusted"
        case .noTLS: "redis.no-tls"
        case .interrupted: "redis.interrupted"
        }
    }

    package var message: String {
        switch self {
        case .unknownHost(let host): "the host name \(host) of Redis is not known here"
        case .refused(let server, let reason): "no Redis answers at \(server): \(reason)"
        case .timedOut(let server, let seconds): "Redis at \(server) did not answer within \(seconds) seconds"
        case .notAuthenticated(let server): "Redis at \(server) does not accept the password of REDIS_URL"
        case .notReady(let server, let reason): "Redis at \(server) does not accept commands: \(reason)"
        case .lost(let server, let reason): "the connection to Redis at \(server) was lost: \(reason)"
        case .unexpectedAnswer(let server): "what answers at \(server) does not speak the protocol of Redis"
        case .untrusted(let server, let note):
            "the certificate of Redis at \(server) is not trusted here" + (note.map { ": \($0)" } ?? "")
        case .noTLS(let server, let reason): "no TLS connection with Redis at \(server): \(reason)"
        case .interrupted: "stopped by a signal"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .unknownHost, .refused, .timedOut, .lost, .notReady: [.command(["infisical-ops", "logs", "--tail", "50"])]
        case .untrusted: [HTTPFault.authority, .check("REDIS_URL in the env file")]
        case .notAuthenticated, .unexpectedAnswer, .noTLS:
            [.check("REDIS_URL in the env file"), .command(["infisical-ops", "config", "show"])]
        case .interrupted: [.check("run the same command again")]
        }
    }

    package var exit: ExitCode {
        if case .interrupted(let signal) = self { signal == 2 ? .interrupted : .terminated } else { .failed }
    }
}
