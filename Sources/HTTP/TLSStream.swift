import CCurl
package import Effects
import Glibc

/// A TLS connection for a protocol other than HTTP: libcurl connects and checks the server's certificate, what is sent
/// and read is the caller's. It never blocks once it is open. Belongs to one thread.
package struct TLSStream: ~Copyable {
    private let handle: UnsafeMutableRawPointer
    /// To wait for with poll(2).
    package let descriptor: Int32

    /// - Parameters:
    ///   - host: the name that the certificate must be for.
    ///   - address: where that is reached from here; nil where the name itself leads there.
    ///   - authorities: a file of the certificate authorities to trust; nil for those of this host.
    ///   - seconds: until it is given up.
    package static func open(
        host: String, port: Int, at address: (host: String, port: Int)? = nil, authorities: String? = nil,
        seconds: Double, effects: Effects,
        cancellation: Cancellation
    ) throws(HTTPFault) -> TLSStream {
        let place = "\(bracketed(host)):\(port)"
        let made = try effects.perform(.connect, place, failure: { .failed(url: place, reason: $0.text) }) {
            () throws(HTTPFault) -> (UnsafeMutableRawPointer, Int32) in
            guard let handle = Curl.handle(seconds: seconds, authorities: authorities) else {
                throw .failed(url: place, reason: "there is no memory left")
            }
            let watch = Watch(cancellation)
            let context = Unmanaged.passUnretained(watch).toOpaque()
            // The scheme stands for TLS alone: nothing of HTTP is sent.
            _ = ccurl_set_text(handle, CURLOPT_URL, "https://\(place)/")
            _ = ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, "https")
            _ = ccurl_set_long(handle, CURLOPT_CONNECT_ONLY, 1)
            _ = ccurl_set_long(handle, CURLOPT_SSL_ENABLE_ALPN, 0)
            _ = ccurl_set_progress(
                handle,
                { context, _, _, _, _ in
                    guard let context else { return 1 }
                    return Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue().cancellation.isCancelled ? 1 : 0
                }, context)
            let detour = address.flatMap {
                curl_slist_append(nil, "\(place):\(bracketed($0.host)):\($0.port)")
            }
            defer { curl_slist_free_all(detour) }
            _ = ccurl_set_pointer(handle, CURLOPT_CONNECT_TO, detour)
            let code = withExtendedLifetime(watch) { curl_easy_perform(handle) }
            // Both belong to this call.
            _ = ccurl_set_progress(handle, nil, nil)
            _ = ccurl_set_pointer(handle, CURLOPT_CONNECT_TO, nil)
            var descriptor: Int32 = -1
            if code == CURLE_OK, ccurl_socket(handle, &descriptor) == CURLE_OK, descriptor != -1 {
                return (handle, descriptor)
            }
            curl_easy_cleanup(handle)
            throw Curl.fault(code, place, seconds, cancellation)
        }
        return TLSStream(handle: made.0, descriptor: made.1)
    }

    private init(handle: UnsafeMutableRawPointer, descriptor: Int32) {
        self.handle = handle
        self.descriptor = descriptor
    }

    deinit { curl_easy_cleanup(handle) }

    /// Reads as read(2) does from a socket that does not block. Bytes may be there although the descriptor has none, so
    /// wait for that only after an answer of EAGAIN.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var count = 0
        return answer(curl_easy_recv(handle, buffer.baseAddress, buffer.count, &count), count)
    }

    /// Writes as send(2) does to a socket that does not block.
    package func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        var count = 0
        return answer(curl_easy_send(handle, bytes.baseAddress, bytes.count, &count), count)
    }

    /// - Returns: -1 with `errno` for whatever else than bytes came of it.
    private func answer(_ code: CURLcode, _ count: Int) -> Int {
        if code == CURLE_OK { return count }
        errno = code == CURLE_AGAIN ? EAGAIN : ECONNRESET
        return -1
    }

    private static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    /// Lets libcurl's callback see that the run is to stop.
    private final class Watch {
        let cancellation: Cancellation
        init(_ cancellation: Cancellation) { self.cancellation = cancellation }
    }
}
