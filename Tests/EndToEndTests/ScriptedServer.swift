import Glibc
import TestSupport

/// A peer on 127.0.0.1 that speaks just enough of PostgreSQL's protocol to be connected to, with a version of its own
/// choice: it takes every user, and answers every statement with an empty success.
final class ScriptedServer {
    let port: Int
    private let listener: Int32
    private let version: String
    private var thread = pthread_t()

    init(version: String) throws {
        self.version = version
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = listener
        let bound = withUnsafeMutableBytes(of: &address) { bytes -> Bool in
            guard let pointer = bytes.bindMemory(to: sockaddr.self).baseAddress else { return false }
            return bind(socket, pointer, length) == 0 && listen(socket, 8) == 0
                && getsockname(socket, pointer, &length) == 0
        }
        guard bound else { throw TestProblem("no listening socket: errno \(errno)") }
        port = Int(UInt16(bigEndian: address.sin_port))
        let work = Unmanaged.passRetained(Work(listener: listener, version: version))
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, work.toOpaque())
        guard code == 0 else { throw TestProblem("no thread: errno \(code)") }
    }

    deinit {
        // Ends the accept that the thread waits in.
        shutdown(listener, Int32(SHUT_RDWR))
        pthread_join(thread, nil)
        close(listener)
    }

    private final class Work: Sendable {
        let listener: Int32
        let version: String

        init(listener: Int32, version: String) {
            self.listener = listener
            self.version = version
        }

        func run() {
            while true {
                let client = accept(listener, nil, nil)
                if client == -1 { return }
                Session(socket: client, version: version).run()
                close(client)
            }
        }
    }

    /// One connection, one at a time.
    private struct Session {
        let socket: Int32
        let version: String

        func run() {
            var answers = SessionAnswers(startup: [])
            while let head = read(8) {
                let code = number(head[4...])
                // TLS and GSSAPI are asked for first; both are declined.
                if code == 80_877_103 || code == 80_877_104 {
                    send([UInt8(ascii: "N")])
                    continue
                }
                guard let packet = read(number(head[..<4]) - 8) else { return }
                answers = SessionAnswers(startup: packet)
                break
            }
            send(message("R", [0, 0, 0, 0]))
            for (name, value) in [("server_version", version), ("client_encoding", "UTF8"), ("is_superuser", "on")] {
                send(message("S", Array(name.utf8) + [0] + Array(value.utf8) + [0]))
            }
            send(ready)
            while let head = read(5), let packet = read(number(head[1...]) - 4) {
                switch head[0] {
                case UInt8(ascii: "Q"):
                    send(answers.answer(String(decoding: packet.dropLast(), as: UTF8.self), process: 0))
                case UInt8(ascii: "S"): send(message("1", []) + message("2", []) + message("n", []) + done + ready)
                case UInt8(ascii: "X"): return
                default: continue
                }
            }
        }

        private var ready: [UInt8] { message("Z", [UInt8(ascii: "I")]) }
        private var done: [UInt8] { message("C", Array("SET".utf8) + [0]) }

        private func message(_ kind: Unicode.Scalar, _ body: [UInt8]) -> [UInt8] {
            let length = UInt32(body.count + 4).bigEndian
            return [UInt8(ascii: kind)] + withUnsafeBytes(of: length) { Array($0) } + body
        }

        private func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

        /// Exactly so many bytes; nil at the end of the connection.
        private func read(_ count: Int) -> ArraySlice<UInt8>? {
            var bytes = [UInt8](repeating: 0, count: max(count, 0)), done = 0
            while done < bytes.count {
                let got = bytes.withUnsafeMutableBytes {
                    recv(socket, $0.baseAddress?.advanced(by: done), $0.count - done, 0)
                }
                guard got > 0 else { return nil }
                done += got
            }
            return bytes[...]
        }

        private func send(_ bytes: [UInt8]) {
            _ = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }
    }
}
