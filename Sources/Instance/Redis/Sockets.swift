import Effects
import Glibc

/// Makes TCP connections with a deadline.
enum Sockets {
    /// - Returns: a connected socket that blocks nobody; the caller closes it.
    static func connect(
        _ endpoint: RedisEndpoint, effects: Effects, cancellation: Cancellation, seconds: Double
    ) throws(RedisFault) -> Int32 {
        var hints = addrinfo(), found: UnsafeMutablePointer<addrinfo>?
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        guard getaddrinfo(endpoint.host, String(endpoint.port), &hints, &found) == 0 else {
            throw .unknownHost(endpoint.host)
        }
        defer { freeaddrinfo(found) }
        let end = SystemClock().monotonic(after: seconds)
        var reason = "it has no address", next = found
        while let address = next?.pointee {
            next = address.ai_next
            let descriptor = socket(address.ai_family, address.ai_socktype | clinuxNonblocking, address.ai_protocol)
            if descriptor == -1 { continue }
            let outcome = effects.call(.connect, "redis \(endpoint.server)") {
                Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen)
            }
            switch outcome {
            case .success: return descriptor
            case .failure(Errno(EINPROGRESS)): break
            case .failure(let error):
                reason = error.text
                close(descriptor)
                continue
            }
            let events: Int32
            do {
                let now = SystemClock().monotonic()
                events = try cancellation.wait(
                    for: descriptor, events: POLLOUT,
                    milliseconds: now < end ? Int32(clamping: (end - now) / 1_000_000 + 1) : 0)
            } catch {
                close(descriptor)
                throw .interrupted(signal: error.signal)
            }
            let code = pendingError(descriptor)
            if events != 0, code == 0 { return descriptor }
            close(descriptor)
            if events == 0 { throw .timedOut(server: endpoint.server, seconds: seconds) }
            reason = Errno(code).text
        }
        throw .refused(server: endpoint.server, reason: reason)
    }

    private static let clinuxNonblocking = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)

    private static func pendingError(_ descriptor: Int32) -> Int32 {
        var code: Int32 = 0, size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
    }
}
