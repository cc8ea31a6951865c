import FoundationEssentials
import Glibc
import Synchronization
import TestSupport

/// A backend that answers for secrets as Infisical does, well or ill; they are in memory only.
final class SecretsDouble: Sendable {
    struct State {
        /// By name.
        var values: [String: String] = [:]
        /// Of every change that was asked for: method, name and value.
        var changes: [String] = []
        /// What a login is answered with; nil lets the machine identity in.
        var login: (status: Int, body: String)?
        /// What a change is answered with; nil makes it.
        var change: (status: Int, body: String)?
        /// What is done before a request is answered, by how many changes were asked for until then.
        var before: (@Sendable (Int, inout State) -> Void)?
    }

    let state: Mutex<State>
    private let server: Mutex<LoopbackServer?>
    var port: Int { server.withLock { $0?.port ?? 0 } }

    /// - Parameter down: a file; while it is there, nobody is.
    init(_ values: [String: String], down: String) throws {
        state = Mutex(State(values: values))
        server = Mutex(nil)
        let made = try LoopbackServer { [unowned self] request in
            Glibc.access(down, F_OK) == 0 ? [] : answer(String(decoding: request, as: UTF8.self))
        }
        server.withLock { $0 = made }
    }

    private struct Document: Decodable {
        let clientId: String?
        let clientSecret: String?
        let workspaceId: String?
        let secretValue: String?
    }

    private func answer(_ request: String) -> [UInt8] {
        let line = request.prefix { $0 != "\r\n" }.split(separator: " "), method = line[0]
        let target = line[1].split(separator: "?"),
            name = String(target[0].split(separator: "/").last ?? "").replacing("%5F", with: "_")
        let body = request.firstRange(of: "\r\n\r\n").map { Data(request[$0.upperBound...].utf8) } ?? Data()
        let document = try? JSONDecoder().decode(Document.self, from: body)
        let reply = state.withLock { state -> (Int, String) in
            if target[0] == "/api/status" { return (200, LocalServers.status) }
            if target[0] == "/api/v1/auth/universal-auth/login" {
                if let login = state.login { return login }
                let isKnown = document?.clientId == "machine" && document?.clientSecret == "cs-1\"\\"
                return isKnown ? (200, "{\"accessToken\":\"token-1\"}") : (401, "{\"message\":\"no\"}")
            }
            guard target[0].hasPrefix("/api/v3/secrets/raw/") else {
                return (404, "{\"message\":\"no such route\",\"statusCode\":404}")
            }
            guard request.contains("Authorization: Bearer token-1\r\n") else {
                return (401, "{\"message\":\"no\"}")
            }
            let before = state.before
            before?(state.changes.count, &state)
            let isThere = state.values[name] != nil
            if method != "GET" {
                state.changes.append("\(method) \(name) \(document?.secretValue ?? "-")")
                if let change = state.change { return change }
                guard document?.workspaceId?.isEmpty == false else { return (422, "{\"message\":\"no project\"}") }
            }
            guard isThere else { return (404, "{\"message\":\"Secret with name '\(name)' not found\"}") }
            switch method {
            case "PATCH": state.values[name] = document?.secretValue
            case "DELETE": state.values[name] = nil
            default: break
            }
            return (200, "{\"secret\":{\"secretKey\":\"\(name)\",\"secretValue\":\"\(state.values[name] ?? "")\"}}")
        }
        return Array(
            """
            HTTP/1.1 \(reply.0) X\r\nContent-Type: application/json\r\nContent-Length: \(reply.1.utf8.count)\r
            Connection: close\r\n\r\n\(reply.1)
            """.utf8)
    }
}
