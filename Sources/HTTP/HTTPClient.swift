import CCurl
package import Effects
import Glibc
package import Secrets

/// Makes HTTP requests with libcurl: each has its deadline and its largest answer, follows no redirection, and uses no
/// proxy, because what is asked is on this host or beside it.
package struct HTTPClient: Sendable {
    private let effects: Effects
    private let cancellation: Cancellation

    package init(effects: Effects, cancellation: Cancellation) {
        self.effects = effects
        self.cancellation = cancellation
    }

    /// - Parameters:
    ///   - bearer: a token to be let in with.
    ///   - seconds: until the request is given up, the connection included.
    ///   - limit: largest body, in bytes.
    package func get(
        _ url: String, bearer: Secret? = nil, seconds: Double, limit: Int = 1 << 20
    ) throws(HTTPFault) -> HTTPAnswer {
        try perform(nil, url, bearer, nil, seconds, limit)
    }

    /// How a JSON document is sent.
    package enum Method: String, Sendable {
        case post = "POST"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// Sends a JSON document.
    package func send(
        _ method: Method, _ url: String, json: Secret, bearer: Secret? = nil, seconds: Double, limit: Int = 1 << 20
    ) throws(HTTPFault) -> HTTPAnswer {
        try perform(method, url, bearer, json, seconds, limit)
    }

    private func perform(
        _ method: Method?, _ url: String, _ bearer: Secret?, _ json: Secret?, _ seconds: Double, _ limit: Int
    ) throws(HTTPFault) -> HTTPAnswer {
        try effects.perform(.request, url, failure: { .failed(url: url, reason: $0.text) }) {
            () throws(HTTPFault) -> HTTPAnswer in
            guard let handle = Curl.handle(seconds: seconds) else {
                throw .failed(url: url, reason: "there is no memory left")
            }
            defer { curl_easy_cleanup(handle) }
            let transfer = Transfer(cancellation: cancellation, limit: limit)
            // The transfer lives to the end of this call, which is when libcurl has done with it.
            let context = Unmanaged.passUnretained(transfer).toOpaque()
            configure(handle, url, context)
            if let method { _ = ccurl_set_text(handle, CURLOPT_CUSTOMREQUEST, method.rawValue) }
            if let bearer {
                _ = ccurl_set_long(handle, CURLOPT_HTTPAUTH, ccurl_bearer())
                _ = bearer.withCString { ccurl_set_text(handle, CURLOPT_XOAUTH2_BEARER, $0) }
            }
            let code = withExtendedLifetime(transfer) { HTTPClient.send(handle, json) }
            if code != CURLE_OK {
                if transfer.isTooLarge, !cancellation.isCancelled { throw .tooLarge(url: url, limit: limit) }
                throw Curl.fault(code, url, seconds, cancellation)
            }
            return answer(handle, transfer)
        }
    }

    /// libcurl reads the document where it lies.
    private static func send(_ handle: UnsafeMutableRawPointer, _ json: Secret?) -> CURLcode {
        guard let json else { return curl_easy_perform(handle) }
        let headers = curl_slist_append(nil, "Content-Type: application/json")
        defer { curl_slist_free_all(headers) }
        _ = ccurl_set_pointer(handle, CURLOPT_HTTPHEADER, headers)
        _ = ccurl_set_long(handle, CURLOPT_POSTFIELDSIZE, json.count)
        return json.withBytes { bytes in
            _ = ccurl_set_pointer(handle, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            return curl_easy_perform(handle)
        }
    }

    private func configure(
        _ handle: UnsafeMutableRawPointer, _ url: String, _ context: UnsafeMutableRawPointer
    ) {
        _ = ccurl_set_text(handle, CURLOPT_URL, url)
        _ = ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        _ = ccurl_set_text(handle, CURLOPT_USERAGENT, Release.name + "/" + Release.version)
        _ = ccurl_set_writer(
            handle,
            { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                return transfer.take(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
            }, context)
        // Called at least once a second, whatever the server does.
        _ = ccurl_set_progress(
            handle,
            { context, _, _, _, _ in
                guard let context else { return 1 }
                return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().isCancelled ? 1 : 0
            }, context)
    }

    private func answer(_ handle: UnsafeMutableRawPointer, _ transfer: Transfer) -> HTTPAnswer {
        var status = 0
        _ = ccurl_status(handle, &status)
        var type: UnsafePointer<CChar>?
        _ = ccurl_content_type(handle, &type)
        return HTTPAnswer(
            status: status, contentType: type.map { String(cString: $0) } ?? "", body: transfer.body)
    }
}

/// What libcurl's callbacks work on.
private final class Transfer {
    private let cancellation: Cancellation
    let limit: Int
    private(set) var body: [UInt8] = []
    private(set) var isTooLarge = false

    init(cancellation: Cancellation, limit: Int) {
        self.cancellation = cancellation
        self.limit = limit
    }

    var isCancelled: Bool { cancellation.isCancelled }

    /// - Returns: whether to go on.
    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        isTooLarge = body.count + bytes.count > limit
        if !isTooLarge { body.append(contentsOf: bytes) }
        return !isTooLarge
    }
}
