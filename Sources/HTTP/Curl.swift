import CCurl
import Effects
import Glibc

/// What all uses of libcurl share.
enum Curl {
    /// Not safe beside other threads that use libcurl, so it is done once.
    private static let library = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    /// A new handle that uses no proxy, because what is asked is on this host or beside it, and gives up in time.
    ///
    /// - Parameters:
    ///   - seconds: until whatever is done with it is given up, the connection included.
    ///   - authorities: a file of the certificate authorities to trust; nil for those of this host.
    /// - Returns: nil where there is no memory left.
    static func handle(seconds: Double, authorities: String? = nil) -> UnsafeMutableRawPointer? {
        _ = library
        guard let handle = curl_easy_init() else { return nil }
        let milliseconds = max(1, Int(saturating: seconds * 1000))
        _ = ccurl_set_text(handle, CURLOPT_PROXY, "")
        _ = ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        _ = ccurl_set_long(handle, CURLOPT_TIMEOUT_MS, milliseconds)
        _ = ccurl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, milliseconds)
        _ = ccurl_set_long(handle, CURLOPT_NOPROGRESS, 0)
        // As OpenSSL itself and curl's own program take it: the authorities of whoever has their own.
        if let file = authorities ?? getenv("SSL_CERT_FILE").map({ String(cString: $0) }), !file.isEmpty {
            _ = ccurl_set_text(handle, CURLOPT_CAINFO, file)
        }
        return handle
    }

    /// - Parameter url: for the message.
    static func fault(
        _ code: CURLcode, _ url: String, _ seconds: Double, _ cancellation: Cancellation
    ) -> HTTPFault {
        if let signal = cancellation.signal { return .interrupted(signal: signal) }
        return switch code {
        case CURLE_COULDNT_CONNECT: .refused(url: url, reason: text(code))
        case CURLE_COULDNT_RESOLVE_HOST: .unknownHost(url: url)
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR: .closed(url: url)
        case CURLE_OPERATION_TIMEDOUT: .timedOut(url: url, seconds: seconds)
        case CURLE_PEER_FAILED_VERIFICATION: .untrusted(url: url)
        default: .failed(url: url, reason: text(code))
        }
    }

    static func text(_ code: CURLcode) -> String { String(cString: curl_easy_strerror(code)) }
}
