import Effects
import Glibc
import Postgres
import Secrets
import Synchronization

/// The one scratch server that the live tests of this target share; every test works in a database of its own.
///
/// It is removed when the test process ends.
enum LiveServer {
    static let password = "a'b\\c d\u{e9}"

    private static let shared = Mutex<ScratchServer?>(nil)
    private static let databases = Atomic<Int>(0)

    /// The shared server, started on first use.
    static func get() throws -> ScratchServer {
        try shared.withLock { stored in
            if let stored { return stored }
            var options = ScratchServer.Options()
            options.listensOnTCP = true
            options.password = Secret(testing: password)
            let server = try ScratchServer.start(
                in: newFolder(), options: options, effects: Effects(), cancellation: Cancellation())
            stored = server
            atexit { LiveServer.removeShared() }
            return server
        }
    }

    private static func removeShared() {
        shared.withLock { stored in
            do { try stored?.remove() } catch { print("the scratch server could not be removed: \(error)") }
        }
    }

    /// A folder's name that nobody uses, short enough for a socket's path.
    static func newFolder() -> String {
        "/tmp/pg-\(getpid())-\(databases.add(1, ordering: .relaxed).newValue)"
    }

    /// Makes an empty database and lends a connection to it.
    static func withDatabase<Value>(
        _ name: String = #function, _ body: (Connection, Endpoint) throws -> Value
    ) throws -> Value {
        let server = try get()
        let database = "t\(databases.add(1, ordering: .relaxed).newValue)"
        let administrator = try connect(server.endpoint())
        try administrator.query("CREATE DATABASE \(identifier: database) TEMPLATE template0")
        let endpoint = server.endpoint(database: database)
        defer {
            do { try administrator.query("DROP DATABASE IF EXISTS \(identifier: database) WITH (FORCE)") } catch {
                print("the database of \(name) could not be dropped: \(error)")
            }
        }
        return try body(try connect(endpoint), endpoint)
    }

    /// A session with nothing to observe it and nobody to cancel it.
    static func connect(
        _ endpoint: Endpoint, role: String = "test", effects: Effects = Effects(),
        cancellation: Cancellation = Cancellation()
    ) throws -> Connection {
        try Connection.open(endpoint, role: role, effects: effects, cancellation: cancellation)
    }
}

extension Secret {
    /// A secret for tests only: what comes from a text in the source is none.
    convenience init(testing text: String) {
        let bytes = Array(text.utf8)
        self.init(count: bytes.count) { target in bytes.withUnsafeBytes { target.copyMemory(from: $0) } }
    }
}
