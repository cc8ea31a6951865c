import Effects
import FoundationEssentials
import Glibc
import InfisicalData
import Postgres
import Secrets
import Synchronization
import TestSupport

/// A database that a real server wrote, loaded into a scratch server that all tests of this target share.
///
/// Each is loaded once and never connected to again; every test works in a copy of its own.
enum LiveFixture: String, CaseIterable, Sendable {
    case july = "infisical-2024-07"
    case october = "infisical-2024-10"
    case s8 = "infisical-s8"

    private struct State {
        var server: ScratchServer?
        var loaded: Set<LiveFixture> = []
    }

    private static let state = Mutex(State())
    private static let copies = Atomic<Int>(0)

    /// The instance's key, out of its env file.
    var encryptionKey: Secret {
        get throws {
            let text = String(decoding: try read("instance.env"), as: UTF8.self)
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: "=", maxSplits: 1)
                if parts.count == 2, parts[0].hasSuffix("ENCRYPTION_KEY") {
                    var bytes = Array(parts[1].utf8)
                    return Secret(consuming: &bytes)
                }
            }
            throw TestProblem("no ENCRYPTION_KEY in the env file of \(rawValue)")
        }
    }

    /// The env file's key as a holder for a trial.
    var holder: KeyHolder {
        get throws {
            KeyHolder(
                name: "the env file",
                keys: EnvironmentKeys(encryptionKey: try encryptionKey, rootEncryptionKey: nil))
        }
    }

    /// How many ciphertexts an independent program found in each column.
    func census() throws -> [String: Int] {
        struct Entry: Decodable { let rows: Int }
        return try JSONDecoder().decode([String: Entry].self, from: read("census.json")).mapValues(\.rows)
    }

    private func read(_ file: String) throws -> Data {
        try Data(contentsOf: URL(filePath: Fixtures.path("\(rawValue)/\(file)")))
    }

    /// Lends a session with a copy of the database.
    func copied<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        let server = try LiveFixture.state.withLock { state in
            let server = try LiveFixture.server(&state)
            if !state.loaded.contains(self) {
                try load(into: server)
                state.loaded.insert(self)
            }
            return server
        }
        return try LiveFixture.withDatabase(server, template: rawValue, body)
    }

    /// Lends a session with an empty database.
    static func empty<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try withDatabase(try state.withLock { try server(&$0) }, template: "template0", body)
    }

    private static func withDatabase<Value>(
        _ server: ScratchServer, template: String, _ body: (Connection) throws -> Value
    ) throws -> Value {
        let name = "t\(copies.add(1, ordering: .relaxed).newValue)"
        let administrator = try connect(server.endpoint())
        try administrator.query("CREATE DATABASE \(identifier: name) TEMPLATE \(identifier: template)")
        defer {
            do { try administrator.query("DROP DATABASE \(identifier: name) WITH (FORCE)") } catch {
                print("the database \(name) could not be dropped: \(error)")
            }
        }
        return try body(try connect(server.endpoint(database: name)))
    }

    private static func connect(_ endpoint: Endpoint) throws -> Connection {
        try Connection.open(endpoint, role: "test", effects: Effects(), cancellation: Cancellation())
    }

    /// The shared server, started on first use and removed when the test process ends.
    private static func server(_ state: inout State) throws -> ScratchServer {
        if let server = state.server { return server }
        let server = try ScratchServer.start(
            in: "/tmp/is-\(getpid())", effects: Effects(), cancellation: Cancellation())
        state.server = server
        atexit { LiveFixture.removeServer() }
        return server
    }

    private static func removeServer() {
        state.withLock { state in
            do { try state.server?.remove() } catch { print("the scratch server could not be removed: \(error)") }
        }
    }

    private func load(into server: ScratchServer) throws {
        let administrator = try LiveFixture.connect(server.endpoint())
        try administrator.query("CREATE DATABASE \(identifier: rawValue) TEMPLATE template0")
        let end = try ChildProcess(
            "pg_restore",
            [
                "--no-owner", "--exit-on-error", "-h", server.folder, "-p", String(server.port), "-U",
                ScratchServer.user, "-d", rawValue, Fixtures.path("\(rawValue)/database.dump"),
            ]
        ).wait()
        guard end == .exited(0) else { throw TestProblem("pg_restore of \(rawValue): \(end)") }
    }
}
