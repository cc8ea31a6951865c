import Effects
import Glibc
import Postgres
import Synchronization
import TestSupport

/// A TCP server that speaks as much of PostgreSQL's protocol (version 3) as a script says, and then breaks off: for
/// what no real server does on demand.
///
/// Every connection gets the next script. Requests to cancel are counted and answered as a real server does, unless
/// `ignoresCancel`.
final class ScriptedServer: Sendable {
    enum Step: Sendable {
        /// Reads the first packet of a session.
        case startup
        /// Reads messages up to and including the first of this kind.
        case read(until: Character)
        case send([UInt8])
        /// Answers the question for the session's settings as a real server would.
        case settings
        /// Waits until somebody asked to cancel.
        case untilCancelled
        /// Sends nothing and waits until the other side closes.
        case hold
        /// Breaks the connection off with a reset instead of an end.
        case reset
    }

    private let listener: Int32
    private let scripts: Mutex<[[Step]]>
    private let ignoresCancel: Bool
    private let cancelRequests = Atomic<Int>(0)
    /// Descriptors of the sessions that are open; nil once the server has ended.
    private let open = Mutex<Set<Int32>?>([])
    let port: Int

    var cancelled: Int { cancelRequests.load(ordering: .acquiring) }

    /// Where to connect.
    var endpoint: Endpoint {
        Endpoint(
            host: "127.0.0.1", port: port, database: "d", user: "u",
            parameters: ["sslmode": "disable", "gssencmode": "disable"])
    }

    private init(_ scripts: [[Step]], ignoresCancel: Bool) throws {
        self.scripts = Mutex(scripts)
        self.ignoresCancel = ignoresCancel
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listens = withUnsafeMutableBytes(of: &address) { bytes -> Bool in
            guard let pointer = bytes.bindMemory(to: sockaddr.self).baseAddress else { return false }
            return bind(listener, pointer, length) == 0 && listen(listener, 8) == 0
                && getsockname(listener, pointer, &length) == 0
        }
        guard listens else { throw TestProblem("no listening socket: errno \(errno)") }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    /// Serves the scripts on a thread of its own while `body` runs.
    static func run(
        _ scripts: [Step]..., ignoresCancel: Bool = false, _ body: (ScriptedServer) throws -> Void
    ) throws {
        let server = try ScriptedServer(scripts, ignoresCancel: ignoresCancel)
        defer { close(server.listener) }
        // Two threads, because a session may be open while a request to cancel it comes.
        try Threads.run(
            2,
            supervise: {
                // Ends the threads' waits for the next connection, and for the next word in the open ones.
                defer {
                    shutdown(server.listener, Int32(SHUT_RDWR))
                    server.end()
                }
                try body(server)
            }
        ) { _ in server.serve() }
    }

    private func end() {
        open.withLock {
            for session in $0 ?? [] { shutdown(session, Int32(SHUT_RDWR)) }
            $0 = nil
        }
    }

    private func serve() {
        while true {
            let session = accept(listener, nil, nil)
            if session == -1 { return }
            guard open.withLock({ $0?.insert(session) }) != nil else {
                close(session)
                return
            }
            var wantsReset = false
            if let packet = readPacket(session) {
                if packet.starts(with: [0x04, 0xd2, 0x16, 0x2e]) {
                    cancelRequests.add(1, ordering: .releasing)
                    if ignoresCancel { drain(session) }
                } else {
                    let script = scripts.withLock { $0.isEmpty ? [] : $0.removeFirst() }
                    var answers = SessionAnswers(startup: packet.dropFirst(4))
                    for step in script { if !perform(step, session, &wantsReset, &answers) { break } }
                }
            }
            if wantsReset {
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(session, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
            }
            open.withLock {
                _ = $0?.remove(session)
                close(session)
            }
        }
    }

    /// - Returns: false when the other side has gone.
    private func perform(
        _ step: Step, _ session: Int32, _ wantsReset: inout Bool, _ answers: inout SessionAnswers
    ) -> Bool {
        switch step {
        case .startup: return true
        case .read(let kind):
            while true {
                var type: UInt8 = 0
                guard recv(session, &type, 1, 0) == 1, readPacket(session) != nil else { return false }
                if type == kind.asciiValue { return true }
            }
        case .settings:
            var type: UInt8 = 0
            guard recv(session, &type, 1, 0) == 1, type == UInt8(ascii: "Q"), let packet = readPacket(session) else {
                return false
            }
            let answer = answers.answer(String(decoding: packet.dropLast(), as: UTF8.self), process: 1)
            return send(answer, session)
        case .send(let bytes): return send(bytes, session)
        case .untilCancelled:
            while cancelled == 0 { usleep(1000) }
            return true
        case .hold:
            drain(session)
            return true
        case .reset:
            wantsReset = true
            return true
        }
    }

    private func send(_ bytes: [UInt8], _ session: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(session, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    /// The content behind a length of four bytes.
    private func readPacket(_ session: Int32) -> [UInt8]? {
        guard let head = read(4, session) else { return nil }
        let length = head.reduce(0) { $0 << 8 | Int($1) }
        return read(max(0, length - 4), session)
    }

    private func read(_ count: Int, _ session: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count), at = 0
        while at < count {
            let got = bytes[at...].withUnsafeMutableBytes { recv(session, $0.baseAddress, $0.count, 0) }
            if got <= 0 { return nil }
            at += got
        }
        return bytes
    }

    private func drain(_ session: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while recv(session, &buffer, buffer.count, 0) > 0 {}
    }
}

/// Messages of a server, and the beginnings of sessions made of them.
extension [UInt8] {
    static func message(_ type: Character, _ content: [UInt8] = []) -> [UInt8] {
        [type.asciiValue ?? 0] + number(content.count + 4) + content
    }

    static func number(_ number: Int, bytes: Int = 4) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: number >> (8 * (bytes - 1 - $0))) }
    }

    static func parameter(_ name: String, _ value: String) -> [UInt8] {
        message("S", Array("\(name)\0\(value)\0".utf8))
    }

    static func failure(_ state: String, _ text: String, severity: String = "FATAL") -> [UInt8] {
        message("E", Array("S\(severity)\0V\(severity)\0C\(state)\0M\(text)\0\0".utf8))
    }

    static let authenticated = message("R", [0, 0, 0, 0])
    static let ready = message("Z", Array("I".utf8))
    /// What ends a statement that returned one row with one column.
    static let oneRow =
        message("1") + message("2")
        + message("T", [0, 1] + Array("n\0".utf8) + [UInt8](repeating: 0, count: 18))
        + message("D", [0, 1, 0, 0, 0, 1, 0x31]) + message("C", Array("SELECT 1\0".utf8)) + ready
    /// All that a client waits for before its first statement.
    static func session(version: String = "15.4") -> [UInt8] {
        authenticated + parameter("server_version", version) + parameter("client_encoding", "UTF8")
            + message("K", [0, 0, 0, 1, 0, 0, 0, 2]) + ready
    }
    static let copyOut = message("H", [0, 0, 1, 0, 0])
    static let copyIn = message("G", [0, 0, 1, 0, 0])
}

extension [ScriptedServer.Step] {
    /// A session up to its first statement of the test: connected, settings pinned.
    static let connected: [ScriptedServer.Step] = [
        .startup, .send(.session()), .settings,
    ]
}
