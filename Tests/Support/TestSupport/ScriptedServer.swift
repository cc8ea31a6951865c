import Glibc
import Synchronization

/// A server that speaks as much of PostgreSQL's protocol (version 3) as a script says, and then breaks off: for what no
/// real server does on demand.
///
/// Every session gets the next script, the last one again. Requests to cancel are counted and answered as a real server
/// does, unless `ignoresCancel`; TLS and GSSAPI are declined.
package final class ScriptedServer: Sendable {
    package enum Step: Sendable {
        /// Reads the first packet of a session.
        case startup
        /// Reads messages up to and including the first of this kind.
        case read(until: Character)
        case send([UInt8])
        /// Answers the question for the session's settings as a real server would.
        case settings
        /// Answers every statement with an empty success until the other side ends.
        case anything
        /// Waits until somebody asked to cancel.
        case untilCancelled
        /// Sends nothing and waits until the other side closes.
        case hold
        /// Breaks the connection off with a reset instead of an end.
        case reset
    }

    package var port: Int { server.port }
    package var cancelled: Int { state.cancelRequests.load(ordering: .acquiring) }

    private let server: LoopbackServer
    private let state: State

    package init(_ scripts: [[Step]], ignoresCancel: Bool = false) throws {
        let state = State(scripts, ignoresCancel: ignoresCancel)
        self.state = state
        server = try LoopbackServer(serving: state.serve)
    }

    /// One of some version that takes every user.
    package convenience init(version: String) throws {
        try self.init([[.startup, .send(.session(version: version)), .settings, .anything]])
    }

    /// Serves the scripts while `body` runs.
    package static func run(
        _ scripts: [Step]..., ignoresCancel: Bool = false, _ body: (ScriptedServer) throws -> Void
    ) throws {
        let server = try ScriptedServer(scripts, ignoresCancel: ignoresCancel)
        try withExtendedLifetime(server) { try body(server) }
    }

    /// What all sessions share.
    private final class State: Sendable {
        let cancelRequests = Atomic<Int>(0)
        private let scripts: Mutex<[[Step]]>
        private let ignoresCancel: Bool

        init(_ scripts: [[Step]], ignoresCancel: Bool) {
            self.scripts = Mutex(scripts)
            self.ignoresCancel = ignoresCancel
        }

        func serve(_ connection: LoopbackConnection) {
            guard let packet = firstPacket(connection) else { return }
            if packet.starts(with: [0x04, 0xd2, 0x16, 0x2e]) {
                cancelRequests.add(1, ordering: .releasing)
                if ignoresCancel { connection.drain() }
                return
            }
            let script = scripts.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? [] }
            var answers = SessionAnswers(startup: packet.dropFirst(4))
            for step in script { if !perform(step, connection, &answers) { return } }
        }

        /// The first packet that asks for neither TLS nor GSSAPI.
        private func firstPacket(_ connection: LoopbackConnection) -> [UInt8]? {
            while let packet = readPacket(connection) {
                let asksForMore =
                    packet.starts(with: [0x04, 0xd2, 0x16, 0x2f]) || packet.starts(with: [0x04, 0xd2, 0x16, 0x30])
                if !asksForMore { return packet }
                guard connection.send([UInt8(ascii: "N")]) else { return nil }
            }
            return nil
        }

        /// - Returns: false when the other side has gone.
        private func perform(_ step: Step, _ connection: LoopbackConnection, _ answers: inout SessionAnswers) -> Bool {
            switch step {
            case .startup: return true
            case .read(let kind):
                while let type = connection.read(1), readPacket(connection) != nil {
                    if type[0] == kind.asciiValue { return true }
                }
                return false
            case .settings:
                guard connection.read(1) == [UInt8(ascii: "Q")], let packet = readPacket(connection) else {
                    return false
                }
                return connection.send(answers.answer(String(decoding: packet.dropLast(), as: UTF8.self), process: 1))
            case .anything:
                while let type = connection.read(1), let packet = readPacket(connection) {
                    let answer: [UInt8]
                    switch Character(Unicode.Scalar(type[0])) {
                    case "Q": answer = answers.answer(String(decoding: packet.dropLast(), as: UTF8.self), process: 1)
                    case "S": answer = .noRows
                    case "X": return false
                    default: continue
                    }
                    guard connection.send(answer) else { return false }
                }
                return false
            case .send(let bytes): return connection.send(bytes)
            case .untilCancelled:
                while cancelRequests.load(ordering: .acquiring) == 0 { usleep(1000) }
                return true
            case .hold:
                connection.drain()
                return true
            case .reset:
                connection.resetAtEnd()
                return true
            }
        }

        /// The content behind a length of four bytes.
        private func readPacket(_ connection: LoopbackConnection) -> [UInt8]? {
            guard let head = connection.read(4) else { return nil }
            return connection.read(head.reduce(0) { $0 << 8 | Int($1) } - 4)
        }
    }
}
