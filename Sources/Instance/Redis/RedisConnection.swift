import CLinux
package import Effects
import Glibc
import Secrets

/// A session with a Redis server, for the few commands that an instance's care needs. The protocol is RESP 2 (Redis
/// documentation, "Redis serialization protocol specification"). Belongs to one thread.
package struct RedisConnection: ~Copyable {
    private let transport: RedisTransport
    private let server: String
    private let effects: Effects
    private let cancellation: Cancellation
    private let seconds: Double
    private let deadline: UInt64
    private var received: [UInt8] = []

    /// Longest line or text that is accepted as an answer.
    private static let limit = 1 << 16

    /// Connects, authenticates, and selects the database.
    ///
    /// - Parameter seconds: until whatever is being done with the connection is given up.
    package static func open(
        _ endpoint: RedisEndpoint, effects: Effects, cancellation: Cancellation, seconds: Double
    ) throws(RedisFault) -> RedisConnection {
        // One for the whole: a handshake that takes long leaves less for what follows.
        let deadline = SystemClock().monotonic(after: seconds)
        var connection = RedisConnection(
            transport: try RedisTransport.open(
                endpoint, effects: effects, cancellation: cancellation, seconds: seconds),
            server: endpoint.server, effects: effects, cancellation: cancellation, seconds: seconds,
            deadline: deadline)
        if let password = endpoint.password {
            let user = endpoint.user.flatMap { $0.isEmpty ? nil : $0 }
            _ = try connection.send(["AUTH"] + (user.map { [$0] } ?? []), secret: password)
        }
        if endpoint.database != 0 { _ = try connection.send(["SELECT", String(endpoint.database)]) }
        return connection
    }

    private init(
        transport: consuming RedisTransport, server: String, effects: Effects, cancellation: Cancellation,
        seconds: Double, deadline: UInt64
    ) {
        self.transport = transport
        self.server = server
        self.effects = effects
        self.cancellation = cancellation
        self.seconds = seconds
        self.deadline = deadline
    }

    deinit { transport.close() }

    /// Whether it answers, as a Redis does.
    package mutating func ping() throws(RedisFault) {
        if try send(["PING"]) != "PONG" { throw .unexpectedAnswer(server: server) }
    }

    /// Empties the selected database, and no other.
    package mutating func flushDatabase() throws(RedisFault) {
        if try send(["FLUSHDB"]) != "OK" { throw .unexpectedAnswer(server: server) }
    }

    /// Number of keys in the selected database.
    package mutating func size() throws(RedisFault) -> Int {
        guard let count = Int(try send(["DBSIZE"])) else { throw .unexpectedAnswer(server: server) }
        return count
    }

    // MARK: - Protocol

    /// Sends a command as a list of bulk strings, the last of them a secret if there is one, and reads its answer.
    private mutating func send(_ words: [String], secret: Secret? = nil) throws(RedisFault) -> String {
        var request = Array("*\(words.count + (secret == nil ? 0 : 1))\r\n".utf8)
        let append = { (request: inout [UInt8], bytes: UnsafeRawBufferPointer) in
            request += Array("$\(bytes.count)\r\n".utf8)
            request += bytes
            request += [13, 10]
        }
        for word in words { Array(word.utf8).withUnsafeBytes { append(&request, $0) } }
        secret?.withBytes { append(&request, $0) }
        defer { request.withUnsafeMutableBytes { Secret.zero($0) } }
        try write(request, words[0])
        return try answer()
    }

    private mutating func answer() throws(RedisFault) -> String {
        let line = try line()
        let text = String(line.dropFirst())
        switch line.first {
        case "+", ":": return text
        case "-": throw refusal(text)
        case "$":
            guard let count = Int(text), (0...RedisConnection.limit).contains(count) else { break }
            while received.count < count + 2 { try read() }
            defer { received.removeFirst(count + 2) }
            return String(decoding: received[..<count], as: UTF8.self)
        default: break
        }
        throw .unexpectedAnswer(server: server)
    }

    private func refusal(_ text: String) -> RedisFault {
        // The first word is Redis' own; what follows may quote what was sent.
        let word = String(text.prefix { $0 != " " })
        let isAboutPassword = ["NOAUTH", "WRONGPASS"].contains(word) || (word == "ERR" && text.contains("AUTH"))
        return isAboutPassword ? .notAuthenticated(server: server) : .notReady(server: server, reason: word)
    }

    private mutating func line() throws(RedisFault) -> String {
        while true {
            if let end = received.firstIndex(of: 10) {
                let line = received[..<end].filter { $0 != 13 }
                received.removeFirst(end + 1)
                return String(decoding: line, as: UTF8.self)
            }
            if received.count > RedisConnection.limit { throw .unexpectedAnswer(server: server) }
            try read()
        }
    }

    private mutating func read() throws(RedisFault) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let result = buffer.withUnsafeMutableBytes { bytes in
                effects.call(.read, "redis") { transport.read(into: bytes) }
            }
            switch result {
            case .success(0): throw .lost(server: server, reason: "it closed the connection")
            case .success(let count):
                received += buffer[..<count]
                return
            case .failure(Errno(EAGAIN)): try wait(POLLIN)
            case .failure(let error): throw .lost(server: server, reason: error.text)
            }
        }
    }

    private func write(_ bytes: [UInt8], _ command: String) throws(RedisFault) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let result = rest.withUnsafeBytes { bytes in
                effects.call(.write, "redis \(command)") { transport.write(bytes) }
            }
            switch result {
            case .success(let count): rest = rest.dropFirst(count)
            case .failure(Errno(EAGAIN)): try wait(POLLOUT)
            case .failure(let error): throw .lost(server: server, reason: error.text)
            }
        }
    }

    private func wait(_ events: Int32) throws(RedisFault) {
        let now = SystemClock().monotonic()
        guard now < deadline else { throw .timedOut(server: server, seconds: seconds) }
        do {
            _ = try cancellation.wait(
                for: transport.descriptor, events: events,
                milliseconds: Int32(clamping: (deadline - now) / 1_000_000 + 1))
        } catch { throw .interrupted(signal: error.signal) }
    }
}
