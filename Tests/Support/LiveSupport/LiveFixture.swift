import FoundationEssentials
package import InfisicalData
package import Postgres
package import Secrets
import Synchronization
import TestSupport

/// A database that a real server wrote, in the scratch server that all tests share.
///
/// Each is loaded once and never connected to again; every test works in a copy of its own.
package enum LiveFixture: String, CaseIterable, Sendable {
    case july = "infisical-2024-07"
    case october = "infisical-2024-10"
    case s8 = "infisical-s8"
    /// `october` taken to S7 by Infisical's own migrations: the old columns of the legacy tier are all still filled.
    case upgraded = "infisical-2024-10-upgraded-to-s7"
    /// Filled through the API of a server of 2026; no legacy value at all.
    case s7 = "infisical-2026-07"

    private static let loaded = Mutex<Set<LiveFixture>>([])

    /// The instance's env file.
    package var envFile: String { Fixtures.path("\(rawValue)/instance.env") }

    /// The instance's key, out of its env file.
    package var encryptionKey: Secret {
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
    package var holder: KeyHolder {
        get throws {
            KeyHolder(
                name: "the env file",
                keys: EnvironmentKeys(encryptionKey: try encryptionKey, rootEncryptionKey: nil))
        }
    }

    /// What an independent program found in a column.
    package struct CensusEntry: Decodable, Sendable {
        package let rows: Int
        package let opened: Int
        /// By the kind of the key.
        package let keys: [String: Int]
    }

    /// What an independent program found, by `table.column`.
    package func censusEntries() throws -> [String: CensusEntry] {
        try JSONDecoder().decode([String: CensusEntry].self, from: read("census.json"))
    }

    /// How many ciphertexts it found in each column.
    package func census() throws -> [String: Int] { try censusEntries().mapValues(\.rows) }

    private func read(_ file: String) throws -> Data {
        try Data(contentsOf: URL(filePath: Fixtures.path("\(rawValue)/\(file)")))
    }

    /// Lends a session with a copy of the database.
    package func copied<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try LiveServer.withDatabase(template: try template()) { connection, _ in try body(connection) }
    }

    /// Lends a session with an empty database.
    package static func empty<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try LiveServer.withDatabase { connection, _ in try body(connection) }
    }

    /// The name of the loaded database, for copies of it.
    package func template() throws -> String {
        let server = try LiveServer.get()
        return try LiveFixture.loaded.withLock { loaded in
            if loaded.insert(self).inserted { try load(into: server) }
            return rawValue
        }
    }

    private func load(into server: ScratchServer) throws {
        try LiveServer.connect(server.endpoint()).query("CREATE DATABASE \(identifier: rawValue) TEMPLATE template0")
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
