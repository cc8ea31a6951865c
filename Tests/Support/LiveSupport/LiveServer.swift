package import Effects
import Glibc
package import Postgres
import Secrets
import Synchronization
import TestSupport

/// The one scratch server that all live tests of a test process share; every test works in a database of its own.
///
/// It is removed when the process ends.
package enum LiveServer {
    package static let password = "a'b\\c d\u{e9}"

    private static let shared = Mutex<ScratchServer?>(nil)
    private static let numbers = Atomic<Int>(0)

    /// The shared server, started on first use.
    package static func get() throws -> ScratchServer {
        try shared.withLock { stored in
            if let stored { return stored }
            var options = ScratchServer.Options()
            options.listensOnTCP = true
            options.password = Secret(testing: password)
            // Tests run beside each other, each with the sessions of a whole backup.
            options.settings["max_connections"] = "200"
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
    package static func newFolder() -> String {
        "/tmp/pg-\(getpid())-\(numbers.add(1, ordering: .relaxed).newValue)"
    }

    /// Lends a connection to a database of its own, a copy of `template`, and the way to it.
    package static func withDatabase<Value>(
        template: String = "template0", _ name: String = #function, _ body: (Connection, Endpoint) throws -> Value
    ) throws -> Value {
        let database = try makeDatabase(template: template)
        defer {
            do { try drop(database) } catch { print("the database of \(name) could not be dropped: \(error)") }
        }
        let endpoint = try get().endpoint(database: database)
        return try body(try connect(endpoint), endpoint)
    }

    /// Makes a database, a copy of `template`; the caller drops it.
    package static func makeDatabase(template: String = "template0") throws -> String {
        let database = "t\(numbers.add(1, ordering: .relaxed).newValue)"
        try connect(get().endpoint()).query(
            "CREATE DATABASE \(identifier: database) TEMPLATE \(identifier: template)")
        return database
    }

    package static func drop(_ database: String) throws {
        try connect(get().endpoint()).query("DROP DATABASE IF EXISTS \(identifier: database) WITH (FORCE)")
    }

    /// A session with nothing to observe it and nobody to cancel it.
    package static func connect(
        _ endpoint: Endpoint, role: String = "test", use: SessionUse = .writing, effects: Effects = Effects(),
        cancellation: Cancellation = Cancellation()
    ) throws -> Connection {
        try Connection.open(endpoint, role: role, use: use, effects: effects, cancellation: cancellation)
    }
}

extension Secret {
    /// A secret for tests only: what comes from a text in the source is none.
    package convenience init(testing text: String) {
        let bytes = Array(text.utf8)
        self.init(count: bytes.count) { target in bytes.withUnsafeBytes { target.copyMemory(from: $0) } }
    }
}
