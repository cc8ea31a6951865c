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
    }

    /// A Redis that is reached with TLS alone, with a certificate for `redis.example` and `localhost`.
    private final class Encrypted {
        let folder: TemporaryFolder
        let port: Int
        let authority: String

        init(password: String? = nil) throws {
            folder = try TemporaryFolder()
            do { port = try LoopbackServer { _ in nil }.port }
            authority = folder.path("c")
            let auth = password.map { "--requirepass '\($0)'" } ?? ""
            let command = """
                openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c -days 9 -subj /CN=redis.example \
                    -addext subjectAltName=DNS:redis.example,DNS:localhost && \
                { redis-server --port 0 --tls-port \(port) --bind 127.0.0.1 --tls-cert-file c --tls-key-file k \
                    --tls-ca-cert-file c --tls-auth-clients no --save '' --dir . \(auth) >log & echo $! >pid; } && \
                for i in $(seq 100); do grep -q Ready log && exit 0; sleep 0.05; done; cat log >&2; exit 1
                """
            guard folder.run(command) == 0 else { throw TestProblem(folder.said("err")) }
        }

        deinit { _ = folder.run("kill $(cat pid)") }

        /// - Parameter isTrusted: whether its authority is known.
        func open(
            _ host: String, as name: String? = nil, password: Secret? = nil, usesTLS: Bool = true,
            isTrusted: Bool = true
        ) throws(RedisFault) -> RedisConnection {
            try RedisConnection.open(
                RedisEndpoint(
                    host: host, port: port, user: nil, password: password, database: 0, usesTLS: usesTLS,
                    certificateName: name, authorities: isTrusted ? authority : nil), effects: Effects(),
                cancellation: Cancellation(), seconds: 5)
        }
    }

    @Test func `a server is trusted by certificates that are held in memory`() throws {
        let server = try Encrypted(), bytes = try server.folder.read("c")
        var connection = try open(
            RedisEndpoint(
                host: "localhost", port: server.port, user: nil, password: nil, database: 0, usesTLS: true,
                certificates: bytes))
        try connection.ping()
    }

    private func code(_ body: () throws(RedisFault) -> Void) -> String? {
        do throws(RedisFault) { try body() } catch { return error.code }
        return nil
    }

    @Test func `Redis is spoken to inside TLS, by its own name and by that of its certificate`() throws {
        let server = try Encrypted(password: "p w")
        var connection = try server.open("localhost", password: secret("p w"))
        try connection.ping()
        #expect(try connection.size() == 0)
        try connection.flushDatabase()
        // A container's name is mapped to an address that no certificate is for.
        var mapped = try server.open("127.0.0.1", as: "redis.example", password: secret("p w"))
        try mapped.ping()
        #expect(
            code { () throws(RedisFault) in _ = try server.open("localhost", password: secret("x")) }
                == "redis.not-authenticated")
    }

    @Test func `a handshake that takes long leaves less time for what follows`() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "slow.py",
            """
            import socket, ssl, time
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain('c', 'k')
            server = socket.create_server(('127.0.0.1', 0))
            with open('port.new', 'w') as file: print(server.getsockname()[1], file=file)
            import os; os.rename('port.new', 'port')
            client = server.accept()[0]
            time.sleep(1.5)
            kept = context.wrap_socket(client, server_side=True)
            time.sleep(20)

            """)
        let command = """
            openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c -days 9 -subj /CN=localhost \
                -addext subjectAltName=DNS:localhost && { python3 slow.py >log 2>&1 & echo $! >pid; } && \
            for i in $(seq 100); do [ ! -f port ] || exit 0; sleep 0.05; done; exit 1
            """
        guard folder.run(command) == 0 else { throw TestProblem(folder.said("err")) }
        defer { _ = folder.run("kill $(cat pid)") }
        let endpoint = RedisEndpoint(
            host: "localhost", port: try #require(Int(try folder.line("port"))), user: nil, password: nil, database: 0,
            usesTLS: true, authorities: folder.path("c"))
        let start = SystemClock().monotonic()
        let told = code { () throws(RedisFault) in
            var connection = try open(endpoint, seconds: 3)
            try connection.ping()
        }
        let seconds = Double(SystemClock().monotonic() - start) / 1e9
        #expect(told == "redis.timed-out" && seconds > 1.4 && seconds < 4.2, "\(told ?? "nothing") after \(seconds) s")
    }

    @Test func `a certificate that is not trusted, is for another name, or none at all`() throws {
        let server = try Encrypted()
        #expect(
            code { () throws(RedisFault) in _ = try server.open("localhost", isTrusted: false) } == "redis.untrusted")
        #expect(
            code { () throws(RedisFault) in _ = try server.open("127.0.0.1", as: "other.example") } == "redis.untrusted"
        )
        #expect(code { () throws(RedisFault) in _ = try server.open("127.0.0.1") } == "redis.untrusted")
        let plain = try LoopbackServer { _ in Array("-ERR no TLS here\r\n".utf8) }
        let endpoint = RedisEndpoint(
            host: "127.0.0.1", port: plain.port, user: nil, password: nil, database: 0, usesTLS: true)
        #expect(code { () throws(RedisFault) in _ = try open(endpoint) } == "redis.no-tls")
        let silent = try LoopbackServer { _ in nil }
        let hanging = RedisEndpoint(
            host: "127.0.0.1", port: silent.port, user: nil, password: nil, database: 0, usesTLS: true)
        #expect(code { () throws(RedisFault) in _ = try open(hanging, seconds: 0.3) } == "redis.timed-out")
        let stopped = Cancellation()
        stopped.cancel(signal: SIGTERM)
        #expect(
            code { () throws(RedisFault) in
                _ = try RedisConnection.open(hanging, effects: Effects(), cancellation: stopped, seconds: 30)
            } == "redis.interrupted")
        // What speaks plainly to it is told that it does not speak the protocol, and is not kept waiting.
        #expect(
            code { () throws(RedisFault) in
                var connection = try server.open("localhost", usesTLS: false)
                try connection.ping()
            } != nil)
    }
}
