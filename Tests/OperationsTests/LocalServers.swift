import TestSupport

/// Servers that answer as the parts of an instance do, well or ill.
enum LocalServers {
    static let status = "{\"date\":\"2026-01-01T00:00:00.000Z\",\"message\":\"Ok\"}"

    /// Answers `+PONG` to `PING`, and `+OK` to everything else; or always the same.
    static func redis(_ always: String? = nil) throws -> LoopbackServer {
        try LoopbackServer { request in
            if let always { return Array(always.utf8) }
            return Array((String(decoding: request, as: UTF8.self).contains("PING") ? "+PONG\r\n" : "+OK\r\n").utf8)
        }
    }

    /// Answers in the same way, and refuses `FLUSHDB` while it is told to.
    static func redis(refusingFlush isRefused: @escaping @Sendable () -> Bool) throws -> LoopbackServer {
        try LoopbackServer { request in
            let words = String(decoding: request, as: UTF8.self)
            if words.contains("PING") { return Array("+PONG\r\n".utf8) }
            let isFlush = words.contains("FLUSHDB")
            return Array((isFlush && isRefused() ? "-NOPERM no permissions to run FLUSHDB\r\n" : "+OK\r\n").utf8)
        }
    }

    /// Answers as Infisical does; closes the connection while `isThere` is false.
    static func backend(_ isThere: @escaping @Sendable () -> Bool = { true }) throws -> LoopbackServer {
        try LoopbackServer { request in
            if !isThere() { return [] }
            let isStatus = String(decoding: request, as: UTF8.self).hasPrefix("GET /api/status ")
            return isStatus
                ? answer("200 OK", status)
                : answer("404 Not Found", "{\"message\":\"no such route\",\"statusCode\":404}")
        }
    }

    /// Answers every request in the same way.
    static func http(_ status: String, _ body: String, type: String = "application/json") throws -> LoopbackServer {
        try LoopbackServer { _ in answer(status, body, type: type) }
    }

    private static func answer(_ status: String, _ body: String, type: String = "application/json") -> [UInt8] {
        Array(
            "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    }
}
