import Effects
import Glibc
import HTTP
import Processes

/// The bytes of a session with Redis, in the clear or inside TLS. Nothing of it blocks.
enum RedisTransport: ~Copyable {
    /// A socket, which `close` closes.
    case plain(Int32)
    case encrypted(TLSStream)

    static func open(
        _ endpoint: RedisEndpoint, effects: Effects, cancellation: Cancellation, seconds: Double
    ) throws(RedisFault) -> RedisTransport {
        guard endpoint.usesTLS else {
            return .plain(
                try Sockets.connect(endpoint, effects: effects, cancellation: cancellation, seconds: seconds))
        }
        let certificates: HeldFile?
        do { certificates = try HeldFile.holding(endpoint.certificates) } catch {
            throw .noTLS(server: endpoint.server, reason: error.text)
        }
        // It is read during the handshake.
        let path = certificates.map { "/proc/self/fd/\($0.descriptor)" }
        defer { withExtendedLifetime(certificates) {} }
        do {
            let name = endpoint.certificateName.map { (host: $0, at: (host: endpoint.host, port: endpoint.port)) }
            return .encrypted(
                try TLSStream.open(
                    host: name?.host ?? endpoint.host, port: endpoint.port, at: name?.at,
                    authorities: path ?? endpoint.authorities, seconds: seconds,
                    effects: effects, cancellation: cancellation))
        } catch { throw fault(error, endpoint) }
    }

    private static func fault(_ fault: HTTPFault, _ endpoint: RedisEndpoint) -> RedisFault {
        switch fault {
        case .refused(_, let reason): .refused(server: endpoint.server, reason: reason)
        case .unknownHost: .unknownHost(endpoint.host)
        case .timedOut(_, let seconds): .timedOut(server: endpoint.server, seconds: seconds)
        case .untrusted: .untrusted(server: endpoint.server, note: endpoint.authorityNote)
        case .interrupted(let signal): .interrupted(signal: signal)
        case .failed(_, let reason): .noTLS(server: endpoint.server, reason: reason)
        case .closed, .tooLarge: .noTLS(server: endpoint.server, reason: "it closed the connection")
        }
    }

    /// What to wait for with poll(2) after EAGAIN.
    var descriptor: Int32 {
        switch self {
        case .plain(let socket): socket
        case .encrypted(let stream): stream.descriptor
        }
    }

    /// As read(2): -1 with `errno`.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        switch self {
        case .plain(let socket): Glibc.read(socket, buffer.baseAddress, buffer.count)
        case .encrypted(let stream): stream.read(into: buffer)
        }
    }

    /// As send(2): -1 with `errno`.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch self {
        case .plain(let socket): Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        case .encrypted(let stream): stream.write(bytes)
        }
    }

    func close() {
        switch self {
        case .plain(let socket): _ = Glibc.close(socket)
        case .encrypted: break
        }
    }
}
