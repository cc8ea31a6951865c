import Glibc

/// A TCP server on 127.0.0.1 for what real servers do not do on demand. Each message of a client is answered by a
/// function; without an answer the client waits until the server goes.
package final class LoopbackServer {
    package let port: Int
    private let listener: Int32
    private var thread = pthread_t()

    /// - Parameter answer: gets what one read(2) brought; nil keeps the client waiting, an empty answer closes.
    package init(_ answer: @escaping @Sendable ([UInt8]) -> [UInt8]?) throws {
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
        let work = Unmanaged.passRetained(Work(listener: listener, answer: answer))
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
        // Ends the poll that the thread waits in.
        shutdown(listener, Int32(SHUT_RDWR))
        pthread_join(thread, nil)
        close(listener)
    }

    private final class Work: Sendable {
        let listener: Int32
        let answer: @Sendable ([UInt8]) -> [UInt8]?

        init(listener: Int32, answer: @escaping @Sendable ([UInt8]) -> [UInt8]?) {
            self.listener = listener
            self.answer = answer
        }

        /// Serves all clients on one thread.
        func run() {
            var clients: [Int32] = []
            defer { for client in clients { close(client) } }
            while true {
                var polled = ([listener] + clients).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
                if poll(&polled, nfds_t(polled.count), -1) == -1 { continue }
                for entry in polled where entry.revents != 0 {
                    if entry.fd == listener {
                        let client = accept(listener, nil, nil)
                        if client == -1 { return }
                        clients.append(client)
                    } else if !serve(entry.fd) {
                        close(entry.fd)
                        clients.removeAll { $0 == entry.fd }
                    }
                }
            }
        }

        /// - Returns: whether the client stays.
        private func serve(_ client: Int32) -> Bool {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(client, &buffer, buffer.count)
            if count <= 0 { return false }
            guard let reply = answer(Array(buffer[..<count])) else { return true }
            return !reply.isEmpty && send(client, reply, reply.count, Int32(MSG_NOSIGNAL)) == reply.count
        }
    }
}
