import Effects
import Glibc
import Postgres
import TestSupport
import Testing

/// Servers that die, talk nonsense or fall silent in the worst moment.
@Suite struct LostServerTests {
    private func connect(
        _ server: ScriptedServer, cancellation: Cancellation = Cancellation(), deadline: Int = 5
    ) throws -> Connection {
        try Connection.open(
            server.endpoint, role: "test", effects: Effects(), cancellation: cancellation, deadline: deadline)
    }

    static let startups: [(String, [ScriptedServer.Step], String)] = [
        ("ends before a word", [.startup], "postgres.connect-failed"),
        ("resets", [.startup, .reset], "postgres.connect-failed"),
        (
            "talks nonsense", [.startup, .send(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))],
            "postgres.connect-failed"
        ),
        ("sends zeros", [.startup, .send([UInt8](repeating: 0, count: 64))], "postgres.connect-failed"),
        ("claims a huge message", [.startup, .send([0x52, 0x7f, 0xff, 0xff, 0xff, 0])], "postgres.connect-failed"),
        ("asks for an unknown proof", [.startup, .send(.message("R", [0, 0, 0, 99]))], "postgres.connect-failed"),
        (
            "asks for a password that is missing", [.startup, .send(.message("R", [0, 0, 0, 3]))],
            "postgres.wrong-password"
        ),
        ("ends after authentication", [.startup, .send(.authenticated)], "postgres.connect-failed"),
        ("falls silent", [.startup, .send(.authenticated), .hold], "postgres.connect-timed-out"),
        ("is too old", [.startup, .send(.session(version: "13.11")), .hold], "postgres.too-old"),
        ("has no version", [.startup, .send(.session(version: "pooler")), .hold], "postgres.too-old"),
        ("ends before the settings", [.startup, .send(.session())], "postgres.connection-lost"),
        ("ends during the settings", [.startup, .send(.session()), .read(until: "Q")], "postgres.connection-lost"),
        (
            "refuses the settings",
            [
                .startup, .send(.session()), .read(until: "Q"),
                .send(.failure("42501", "no", severity: "ERROR") + .ready), .hold,
            ],
            "postgres.permission-denied"
        ),
    ]

    @Test(arguments: startups.indices) func `a server that breaks off while it is connected to`(index: Int) throws {
        let (name, script, expected) = Self.startups[index]
        try ScriptedServer.run(script) { server in
            let found = try fault { _ = try connect(server, deadline: name == "falls silent" ? 1 : 5) }
            #expect(found?.code == expected, "\(name): \(String(describing: found))")
        }
    }

    @Test(arguments: [
        ("57P03", "postgres.server-not-ready"), ("57P01", "postgres.server-not-ready"),
        ("57P02", "postgres.server-not-ready"),
        ("53300", "postgres.too-many-connections"), ("28P01", "postgres.wrong-password"),
        ("28000", "postgres.not-allowed"),
        ("42501", "postgres.not-allowed"), ("55000", "postgres.closed"), ("3D000", "postgres.no-such-database"),
        ("XX000", "postgres.connect-failed"),
    ]) func `the code of a refusal decides what is said`(state: String, expected: String) throws {
        try ScriptedServer.run([.startup, .send(.failure(state, "the server's reason"))]) { server in
            let found = try fault { _ = try connect(server) }
            #expect(found?.code == expected)
            let namesReason = !["28P01", "53300", "3D000"].contains(state)
            #expect(found?.message.contains("the server's reason") == namesReason)
        }
    }

    static let statements: [(String, [ScriptedServer.Step], String)] = [
        ("ends", [], "postgres.connection-lost"), ("resets", [.reset], "postgres.connection-lost"),
        ("ends in a message", [.send(Array([UInt8].oneRow.dropLast(9)))], "postgres.connection-lost"),
        ("talks nonsense", [.send(Array("nonsense, nonsense, nonsense".utf8)), .hold], "postgres.connection-lost"),
        ("ends with a reason", [.send(.failure("57P01", "going down"))], "postgres.connection-lost"),
        (
            "says its disk is full", [.send(.failure("53100", "disk", severity: "ERROR") + .ready), .hold],
            "postgres.server-disk-full"
        ),
        ("cancels", [.send(.failure("57014", "user", severity: "ERROR") + .ready), .hold], "postgres.cancelled"),
        (
            "has lost its own way", [.send(.failure("08P01", "odd", severity: "ERROR") + .ready), .hold],
            "postgres.connection-lost"
        ),
        (
            "has no connection left", [.send(.failure("53300", "x", severity: "ERROR") + .ready), .hold],
            "postgres.too-many-connections"
        ),
        (
            "starts a COPY",
            [
                .send(.copyIn), .read(until: "f"), .send(.failure("57014", "stopped", severity: "ERROR") + .ready),
                .hold,
            ],
            "postgres.unexpected-answer"
        ),
    ]

    @Test(arguments: statements.indices) func `a server that breaks off during a statement`(index: Int) throws {
        let (name, steps, expected) = Self.statements[index]
        try ScriptedServer.run(.connected + [.read(until: "S")] + steps) { server in
            let connection = try connect(server)
            let found = try fault { try connection.query("SELECT 1") }
            #expect(found?.code == expected, "\(name): \(String(describing: found))")
        }
    }

    static let copies: [(String, [UInt8], String)] = [
        ("ends at once", [], "postgres.connection-lost"),
        ("ends after the start", .copyOut, "postgres.connection-lost"),
        ("ends after a row", .copyOut + .message("d", [0x61, 0x0a]), "postgres.connection-lost"),
        ("ends in a row", .copyOut + [0x64, 0, 0, 1, 0, 0x61, 0x61], "postgres.connection-lost"),
        ("ends before the count", .copyOut + .message("d", [0x0a]) + .message("c"), "postgres.connection-lost"),
        ("talks nonsense", .copyOut + Array("????????????????".utf8), "postgres.connection-lost"),
        (
            "fails", .copyOut + .failure("XX001", "invalid page", severity: "ERROR") + .ready,
            "postgres.statement-failed"
        ),
    ]

    @Test(arguments: copies.indices) func `a server that breaks off in the middle of a COPY`(index: Int) throws {
        let (name, bytes, expected) = Self.copies[index]
        try ScriptedServer.run(.connected + [.read(until: "Q"), .send(bytes)]) { server in
            let connection = try connect(server)
            let found = try fault { try connection.copyOut("COPY t TO STDOUT") { _ in } }
            #expect(found?.code == expected, "\(name): \(String(describing: found))")
        }
    }

    @Test(arguments: [[], .copyIn, .copyIn + .failure("57P01", "going down")] as [[UInt8]])
    func `a server that breaks off in the middle of a load`(bytes: [UInt8]) throws {
        try ScriptedServer.run(.connected + [.read(until: "Q"), .send(bytes)]) { server in
            let connection = try connect(server)
            let piece = [UInt8](repeating: 0x61, count: 100_000)
            let found = try fault {
                _ = try connection.copyIn("COPY t FROM STDIN") { copy in
                    for _ in 0..<1000 { try piece.withUnsafeBytes { try copy.put($0) } }
                }
            }
            #expect(found?.code == "postgres.connection-lost")
        }
    }

    @Test(arguments: [false, true]) func `a silent server is given up when the deadline passes`(
        ignoresCancel: Bool
    ) throws {
        let clock = SystemClock(), start = clock.monotonic()
        try ScriptedServer.run(.connected + [.read(until: "S"), .hold], ignoresCancel: ignoresCancel) { server in
            let connection = try connect(server)
            #expect(try code { try connection.query("SELECT 1", deadline: 0.2) } == "postgres.deadline-passed")
            #expect(connection.transactionStatus == .unknown && server.cancelled == 1)
            #expect(try code { try connection.query("SELECT 1") } == "postgres.connection-lost")
        }
        #expect(clock.monotonic() - start < 20_000_000_000)
    }

    @Test func `a cancelled run asks the server to stop, and takes what it still sends`() throws {
        let cancellation = Cancellation()
        let rest: [UInt8] = .message("d", [0x0a]) + .failure("57014", "user request", severity: "ERROR") + .ready
        try ScriptedServer.run(
            .connected + [
                .read(until: "Q"), .send(.copyOut + .message("d", [0x0a])), .untilCancelled, .send(rest), .hold,
            ]
        ) { server in
            let connection = try connect(server, cancellation: cancellation)
            let found = try code {
                try connection.copyOut("COPY t TO STDOUT") { _ in cancellation.cancel() }
            }
            #expect(found == "postgres.interrupted" && connection.transactionStatus == .idle)
            #expect(server.cancelled == 1)
        }
    }

    @Test func `a run that is cancelled while it connects does not wait`() throws {
        let cancellation = Cancellation()
        try ScriptedServer.run([.startup, .hold]) { server in
            cancellation.cancel()
            let found = try code { _ = try connect(server, cancellation: cancellation) }
            #expect(found == "postgres.interrupted")
        }
    }
}
