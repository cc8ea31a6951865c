import Glibc
import Synchronization

/// A TCP server on 127.0.0.1, on a free port, for what real servers do not do on demand. Every connection has a thread of
/// its own; all end with the server.
package final class LoopbackServer: Sendable {
    package let port: Int
    private let listener: Listener
    private let sessions = Sessions()

    /// - Parameter serve: lives as long as a connection; what it returns from is closed.
    package init(serving serve: @escaping @Sendable (LoopbackConnection) -> Void) throws {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listens = withUnsafeMutableBytes(of: &address) { bytes -> Bool in
            guard let pointer = bytes.bindMemory(to: sockaddr.self).baseAddress else { return false }
            return bind(socket, pointer, length) == 0 && listen(socket, 8) == 0
                && getsockname(socket, pointer, &length) == 0
        }
        guard listens else { throw TestProblem("no listening socket: errno \(errno)") }
        port = Int(UInt16(bigEndian: address.sin_port))
        let listener = Listener(socket), sessions = sessions
        self.listener = listener
        try LoopbackServer.start {
            // Closed by whom it is used by: under its number there could be the listener of another server by then, whose
            // client would be taken.
            defer { listener.close() }
            while true {
                let client = accept(socket, nil, nil)
                if client == -1, errno == EINTR || errno == ECONNABORTED { continue }
                if client == -1 { return }
                guard sessions.begin(client) else {
                    close(client)
                    return
                }
                do {
                    try LoopbackServer.start {
                        serve(LoopbackConnection(descriptor: client))
                        sessions.end(client)
                    }
                } catch { sessions.end(client) }
            }
        }
    }

    /// Answers each message of a client by a function; without an answer the client waits until the server goes.
    ///
    /// - Parameter answer: gets what one read(2) brought; nil keeps the client waiting, an empty answer closes.
    package convenience init(_ answer: @escaping @Sendable ([UInt8]) -> [UInt8]?) throws {
        try self.init(serving: { connection in
            while let message = connection.readSome() {
                guard let reply = answer(message) else { continue }
                guard !reply.isEmpty, connection.send(reply) else { return }
            }
        })
    }

    deinit {
        // Ends the accept and the reads that the threads wait in.
        listener.end()
        sessions.endAll()
    }

    private static func start(_ work: @escaping @Sendable () -> Void) throws {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(work))
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        guard code == 0 else {
            work.release()
            throw TestProblem("no thread: errno \(code)")
        }
        pthread_detach(thread)
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// The descriptor that listens; nil once it is closed.
    private final class Listener: Sendable {
        private let descriptor: Mutex<Int32?>

        init(_ descriptor: Int32) { self.descriptor = Mutex(descriptor) }

        func end() { descriptor.withLock { if let open = $0 { shutdown(open, Int32(SHUT_RDWR)) } } }

        func close() {
            descriptor.withLock {
                if let open = $0 { Glibc.close(open) }
                $0 = nil
            }
        }
    }

    /// The descriptors of the connections that are open; nil once the server has ended.
    private final class Sessions: Sendable {
        private let open = Mutex<Set<Int32>?>([])

        /// - Returns: false when the server has ended.
        func begin(_ client: Int32) -> Bool { open.withLock { $0?.insert(client) } != nil }

        func end(_ client: Int32) {
            open.withLock {
                _ = $0?.remove(client)
                close(client)
            }
        }

        func endAll() {
            open.withLock {
                for client in $0 ?? [] { shutdown(client, Int32(SHUT_RDWR)) }
                $0 = nil
            }
        }
    }
}
