import Effects
import Faults
import Glibc
import Secrets
import TestSupport
import Testing

@testable import HTTP

@Suite struct HTTPClientTests {
    private let client = HTTPClient(effects: Effects(), cancellation: Cancellation())

    private func server(_ head: String, _ body: String) throws -> LoopbackServer {
        try LoopbackServer { _ in Array("HTTP/1.1 \(head)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8) }
    }

    private func url(_ server: LoopbackServer) -> String { "http://127.0.0.1:\(server.port)/api/status" }

    @Test func `status, type and body come as they were sent`() throws {
        let server = try server("200 OK\r\nContent-Type: application/json; charset=utf-8", "{\"message\":\"Ok\"}")
        let answer = try client.get(url(server), seconds: 5)
        #expect(answer.status == 200 && answer.contentType == "application/json; charset=utf-8" && answer.isJSON)
        struct Status: Decodable { let message: String }
        #expect(answer.decoded(Status.self)?.message == "Ok")
        #expect(!"\(answer)".contains("Ok\"}") && !String(reflecting: answer).contains("Ok\"}"))
    }

    @Test(arguments: [
        ("<html>ok</html>", false), ("", false), ("ok", false), ("[1]", true), ("{}", true), ("{", false),
    ])
    func `what calls itself JSON is believed only when it is JSON`(body: String, isJSON: Bool) throws {
        let server = try server("200 OK\r\nContent-Type: application/json", body)
        #expect(try client.get(url(server), seconds: 5).isJSON == isJSON)
    }

    @Test func `a token is sent as the bearer's, and only when one is given`() throws {
        let server = try LoopbackServer { request in
            let sent = String(decoding: request, as: UTF8.self).contains("Authorization: Bearer st.one.two\r\n")
            return Array("HTTP/1.1 \(sent ? 200 : 401) X\r\nContent-Length: 0\r\n\r\n".utf8)
        }
        var text = Array("st.one.two".utf8)
        let client = HTTPClient(effects: Effects(), cancellation: Cancellation())
        #expect(try client.get(url(server), bearer: Secret(consuming: &text), seconds: 5).status == 200)
        #expect(try client.get(url(server), seconds: 5).status == 401)
    }

    @Test(arguments: [HTTPClient.Method.post, .patch, .delete])
    func `a document is sent as it is, with the method that was asked for`(method: HTTPClient.Method) throws {
        let server = try LoopbackServer { request in
            let text = String(decoding: request, as: UTF8.self)
            let isRight =
                text.hasPrefix("\(method.rawValue) /api/status HTTP/1.1\r\n")
                && text.contains("Content-Type: application/json\r\n") && text.hasSuffix("\r\n\r\n{\"a\":\"b\"}")
            return Array("HTTP/1.1 \(isRight ? 200 : 400) X\r\nContent-Length: 0\r\n\r\n".utf8)
        }
        var text = Array("{\"a\":\"b\"}".utf8)
        #expect(try client.send(method, url(server), json: Secret(consuming: &text), seconds: 5).status == 200)
    }

    @Test func `what is no letter and no digit is escaped in a URI`() {
        #expect(PercentEncoding.encoded("a/B 9&=?#%é\r\n") == "a%2FB%209%26%3D%3F%23%25%C3%A9%0D%0A")
    }

    @Test func `a redirection is an answer like others`() throws {
        let server = try server("302 Found\r\nLocation: http://192.0.2.1/", "")
        #expect(try client.get(url(server), seconds: 5).status == 302)
    }

    @Test func `a server that never answers is given up in time`() throws {
        let server = try LoopbackServer { _ in nil }, address = url(server)
        let start = SystemClock().monotonic()
        #expect(throws: HTTPFault.timedOut(url: address, seconds: 0.3)) { try client.get(address, seconds: 0.3) }
        #expect(SystemClock().monotonic() - start < 3_000_000_000)
    }

    @Test func `a body beyond the limit is refused`() throws {
        let server = try server("200 OK", String(repeating: "x", count: 2000)), address = url(server)
        #expect(throws: HTTPFault.tooLarge(url: address, limit: 1000)) {
            try client.get(address, seconds: 5, limit: 1000)
        }
    }

    @Test func `nobody there, an unknown host, another protocol, a closed connection`() throws {
        var port = 0
        do { port = try LoopbackServer { _ in nil }.port }
        #expect { try client.get("http://127.0.0.1:\(port)/", seconds: 5) } throws: { error in
            if case .refused? = error as? HTTPFault { true } else { false }
        }
        #expect(throws: HTTPFault.unknownHost(url: "http://no.such.host.invalid/")) {
            try client.get("http://no.such.host.invalid/", seconds: 5)
        }
        let closing = try LoopbackServer { _ in [] }
        let address = url(closing)
        #expect(throws: HTTPFault.closed(url: address)) { try client.get(address, seconds: 5) }
        #expect { try client.get("file:///etc/passwd", seconds: 5) } throws: { error in
            if case .failed? = error as? HTTPFault { true } else { false }
        }
    }

    @Test func `a run that is stopped does not wait for the answer`() throws {
        let cancellation = Cancellation(), server = try LoopbackServer { _ in nil }
        let client = HTTPClient(effects: Effects(), cancellation: cancellation)
        cancellation.cancel(signal: SIGINT)
        #expect(throws: HTTPFault.interrupted(signal: SIGINT)) { try client.get(url(server), seconds: 30) }
    }

    @Test func `every fault says what to do, and an injected failure is one`() throws {
        let faults: [HTTPFault] = [
            .refused(url: "u", reason: "r"), .unknownHost(url: "u"), .closed(url: "u"), .timedOut(url: "u", seconds: 1),
            .failed(url: "u", reason: "r"), .untrusted(url: "u"), .tooLarge(url: "u", limit: 1),
            .interrupted(signal: 15),
        ]
        for fault in faults {
            #expect(!fault.hints.isEmpty && fault.code.hasPrefix("http.") && !fault.message.hasSuffix("."))
        }
        #expect(HTTPFault.interrupted(signal: 15).exit == .terminated)
        let observed = HTTPClient(
            effects: Effects(observer: FailingObserver(at: 1, kind: .failsBefore, error: ENETDOWN)),
            cancellation: Cancellation())
        #expect { try observed.get("http://127.0.0.1:1/", seconds: 1) } throws: { error in
            if case .failed(_, let reason)? = error as? HTTPFault { reason.contains("Network is down") } else { false }
        }
    }
}
