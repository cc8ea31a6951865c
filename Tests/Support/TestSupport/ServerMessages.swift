/// Messages of a server, and the beginnings of sessions made of them.
extension [UInt8] {
    package static func message(_ type: Character, _ content: [UInt8] = []) -> [UInt8] {
        [type.asciiValue ?? 0] + number(content.count + 4) + content
    }

    package static func number(_ number: Int, bytes: Int = 4) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: number >> (8 * (bytes - 1 - $0))) }
    }

    package static func parameter(_ name: String, _ value: String) -> [UInt8] {
        message("S", Array("\(name)\0\(value)\0".utf8))
    }

    package static func failure(_ state: String, _ text: String, severity: String = "FATAL") -> [UInt8] {
        message("E", Array("S\(severity)\0V\(severity)\0C\(state)\0M\(text)\0\0".utf8))
    }

    package static let authenticated = message("R", [0, 0, 0, 0])
    package static let ready = message("Z", Array("I".utf8))
    /// What ends a statement that returned one row with one column.
    package static let oneRow =
        message("1") + message("2")
        + message("T", [0, 1] + Array("n\0".utf8) + [UInt8](repeating: 0, count: 18))
        + message("D", [0, 1, 0, 0, 0, 1, 0x31]) + message("C", Array("SELECT 1\0".utf8)) + ready
    /// What ends a statement without any row.
    package static let noRows =
        message("1") + message("2") + message("n") + message("C", Array("SET\0".utf8)) + ready
    /// All that a client waits for before its first statement.
    package static func session(version: String = "15.4") -> [UInt8] {
        authenticated + parameter("server_version", version) + parameter("client_encoding", "UTF8")
            + parameter("is_superuser", "on") + message("K", [0, 0, 0, 1, 0, 0, 0, 2]) + ready
    }
    package static let copyOut = message("H", [0, 0, 1, 0, 0])
    package static let copyIn = message("G", [0, 0, 1, 0, 0])
}

extension [ScriptedServer.Step] {
    /// A session up to its first statement of the test: connected, settings pinned.
    package static let connected: [ScriptedServer.Step] = [
        .startup, .send(.session()), .settings,
    ]
}
