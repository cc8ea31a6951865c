import CLibPQ
import Effects
import Glibc

/// Finds out why libpq could not connect.
///
/// libpq 15 gives a text only. Two parts of that text do not depend on a language or a version: the SQLSTATE that the
/// verbose form of a server's refusal carries, and the C library's own words for an error number, which this process
/// can ask for too.
enum ConnectFailure {
    static func fault(_ handle: OpaquePointer, _ endpoint: Endpoint) -> PostgresFault {
        let text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        if let refusal = serverRefusal(in: text) { return fault(refusal.state, refusal.reason, endpoint) }
        if PQconnectionNeedsPassword(handle) == 1 {
            return .wrongPassword(user: endpoint.user, server: endpoint.server, origin: endpoint.passwordOrigin)
        }
        let server = endpoint.server
        for code in [ECONNREFUSED, ENOENT, EACCES] where text.contains(Errno(code).text) {
            return .connectionRefused(server: server, reason: Errno(code).text.lowercased())
        }
        for code in [ETIMEDOUT, EHOSTUNREACH, ENETUNREACH] where text.contains(Errno(code).text) {
            return .unreachable(server: server, reason: Errno(code).text.lowercased())
        }
        for code in [EAI_NONAME, EAI_AGAIN, EAI_FAIL, -5] {
            if let message = gai_strerror(code), text.contains(String(cString: message)) {
                return .unknownHost(endpoint.host)
            }
        }
        // What is left is about parameters, TLS or the protocol; libpq never puts the password in it.
        let reason = withoutDescriptor(firstLine(of: text))
        guard let authority = endpoint.checkedAgainst else { return .connectFailed(server: server, reason: reason) }
        return .certificateNotAccepted(server: server, reason: reason, authority: authority)
    }

    /// The SQLSTATE and the message of `FATAL:  28P01: password authentication failed …`, whatever the first word is.
    static func serverRefusal(in text: String) -> (state: String, reason: String)? {
        for line in text.split(separator: "\n") {
            let bytes = Array(line.utf8)
            for start in bytes.indices.dropLast(10) where bytes[start...].starts(with: ":  ".utf8) {
                let state = bytes[start + 3..<start + 8]
                let isState = state.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
                guard isState, bytes[(start + 8)...].starts(with: ": ".utf8) else { continue }
                return (String(decoding: state, as: UTF8.self), String(decoding: bytes[(start + 10)...], as: UTF8.self))
            }
        }
        return nil
    }

    private static func fault(_ state: String, _ reason: String, _ endpoint: Endpoint) -> PostgresFault {
        switch state {
        case "28P01": .wrongPassword(user: endpoint.user, server: endpoint.server, origin: endpoint.passwordOrigin)
        case "28000", "42501":
            .notAllowed(user: endpoint.user, database: endpoint.database, server: endpoint.server, reason: reason)
        case "3D000": .noSuchDatabase(name: endpoint.database, server: endpoint.server)
        // A pooler's answer; a server says it of a parameter that does not exist, by its name.
        case "08P01" where reason.contains("options"):
            .pooler(server: endpoint.server, sign: .noOptions, direct: endpoint.direct)
        case "53300": .tooManyConnections(server: endpoint.server)
        case "57P03", "57P01", "57P02": .serverNotReady(server: endpoint.server, reason: reason)
        case "55000": .closed(database: endpoint.database, server: endpoint.server, reason: reason)
        default: .connectFailed(server: endpoint.server, reason: "\(reason) (SQLSTATE \(state))")
        }
    }

    /// A descriptor of ours means nothing to people.
    private static func withoutDescriptor(_ text: String) -> String {
        guard let start = text.firstRange(of: "\"/proc/self/fd/"),
            let end = text[start.upperBound...].firstIndex(of: "\"")
        else { return text }
        return text[..<start.lowerBound] + "in memory" + text[text.index(after: end)...]
    }

    private static func firstLine(of text: String) -> String {
        String(text.split(separator: "\n").first ?? "libpq gave no reason")
    }
}
