import Effects
import Glibc
import Secrets
import TestSupport
import Testing

@testable import Instance

@Suite struct RedisConnectionTests {
    private func secret(_ text: String) -> Secret {
        var bytes = Array(text.utf8)
        return Secret(consuming: &bytes)
    }

    private func endpoint(
        _ server: LoopbackServer, password: String? = nil, user: String? = nil, database: Int = 0
    ) -> RedisEndpoint {
        RedisEndpoint(
            host: "127.0.0.1", port: server.port, user: user, password: password.map(secret), database: database,
            usesTLS: false)
    }

    private func open(_ endpoint: RedisEndpoint, seconds: Double = 5) throws(RedisFault) -> RedisConnection {
        try RedisConnection.open(endpoint, effects: Effects(), cancellation: Cancellation(), seconds: seconds)
    }

    @Test func `commands are sent as lists of texts, and their answers read`() throws {
        let server = try LoopbackServer { request in
            switch String(decoding: request, as: UTF8.self) {
            case "*3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$3\r\np d\r\n", "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n",
                "*1\r\n$7\r\nFLUSHDB\r\n":
                Array("+OK\r\n".utf8)
            case "*1\r\n$4\r\nPING\r\n": Array("$4\r\nPONG\r\n".utf8)
            case "*1\r\n$6\r\nDBSIZE\r\n": Array(":42\r\n".utf8)
            default: Array("-ERR unknown\r\n".utf8)
            }
        }
        var connection = try open(endpoint(server, password: "p d", user: "u", database: 3))
        try connection.ping()
        #expect(try connection.size() == 42)
        try connection.flushDatabase()
    }

    @Test(arguments: [
        ("-NOAUTH Authentication required.", "redis.not-authenticated"),
        ("-WRONGPASS invalid username-password pair", "redis.not-authenticated"),
        ("-ERR Client sent AUTH, but no password is set", "redis.not-authenticated"),
        ("-LOADING Redis is loading the dataset in memory", "redis.not-ready"),
        ("-MASTERDOWN Link with MASTER is down", "redis.not-ready"), ("+OK", "redis.unexpected-answer"),
        ("HTTP/1.1 400 Bad Request", "redis.unexpected-answer"), ("$99999999", "redis.unexpected-answer"),
    ])
    func `an answer that is no PONG is told`(answer: String, code: String) throws {
        let server = try LoopbackServer { _ in Array((answer + "\r\n").utf8) }
        var connection = try open(endpoint(server))
        do {
            try connection.ping()
            Issue.record("no fault")
        } catch { #expect(error.code == code && !error.message.contains("dataset") && !error.hints.isEmpty) }
    }

    @Test func `one that hangs is given up in time; one that closes, and one that is not there, are told`() throws {
        let hanging = try LoopbackServer { _ in nil }
        var connection = try open(endpoint(hanging), seconds: 0.3)
        do { try connection.ping() } catch { #expect(error.code == "redis.timed-out") }
        let closing = try LoopbackServer { _ in [] }
        var other = try open(endpoint(closing))
        do { try other.ping() } catch { #expect(error.code == "redis.lost") }
        let gone: RedisEndpoint
        do { gone = endpoint(try LoopbackServer { _ in nil }) }
        do { _ = try open(gone) } catch { #expect(error.code == "redis.refused") }
        let unknown = RedisEndpoint(
            host: "no.such.host.invalid", port: 1, user: nil, password: nil, database: 0, usesTLS: false)
        do { _ = try open(unknown) } catch { #expect(error == .unknownHost("no.such.host.invalid")) }
        let tls = RedisEndpoint(host: "h", port: 1, user: nil, password: nil, database: 0, usesTLS: true)
        do { _ = try open(tls) } catch { #expect(error == .needsTLS(server: "h:1")) }
    }
}
