import Effects
import FoundationEssentials
import InfisicalData
import LiveSupport
import Postgres
import Rekeying
import Secrets
import TestSupport

/// A database of its own for one test, with the env files of its keys.
final class RekeyedDatabase {
    /// Which of the environment's keys are set.
    struct Keys {
        var encryption: String?
        var root: String?
        var fips = false

        var environment: EnvironmentKeys {
            EnvironmentKeys(
                encryptionKey: encryption.map { Secret(testing: $0) },
                rootEncryptionKey: root.map { Secret(testing: $0) }, fips: fips)
        }

        var text: String {
            (fips ? "FIPS_ENABLED=true\n" : "") + (encryption.map { "ENCRYPTION_KEY=\($0)\n" } ?? "")
                + (root.map { "ROOT_ENCRYPTION_KEY=\($0)\n" } ?? "")
        }

        static let next = Keys(encryption: "00112233445566778899aabbccddeeff")
        static let third = Keys(encryption: "fedcba98765432100123456789abcdef")
        static let nextRoot = Keys(root: "bmV4dCByb290IGtleSBvZiBleGFjdGx5IDMyIGJ5dGU=")
        static let nextBoth = Keys(encryption: next.encryption, root: nextRoot.root)
        static let nextFIPS = Keys(encryption: nextRoot.root, fips: true)
    }

    let folder: TemporaryFolder
    let endpoint: Endpoint
    let connection: Connection
    private(set) var keys: Keys
    private var looks = 0
    private var latest: String?

    /// A copy of what a server wrote.
    convenience init(_ fixture: LiveFixture) throws {
        try self.init(database: LiveServer.makeDatabase(template: fixture.template())) { _ in
            try String(decoding: Data(contentsOf: URL(filePath: fixture.envFile)), as: UTF8.self)
        }
    }

    /// One that is made by the description of the format.
    convenience init(era: Int, keys: String = "one", scenario: String? = nil) throws {
        let server = try LiveServer.get(), name = "rekeyed-\(era)-\(keys)-\(UInt32.random(in: 0 ... .max))"
        try self.init(database: name) { folder in
            let file = folder.path("made.env")
            let end = try ChildProcess(
                Fixtures.path("../Support/rekeying/make-database"),
                [server.folder, String(server.port), name, String(era), keys, file] + [scenario].compactMap(\.self)
            ).wait()
            guard end == .exited(0) else { throw TestProblem("make-database: \(end)") }
            return try String(decoding: Data(contentsOf: URL(filePath: file)), as: UTF8.self)
        }
    }

    private init(database: String, _ env: (TemporaryFolder) throws -> String) throws {
        folder = try TemporaryFolder()
        let text = try env(folder)
        keys = RekeyedDatabase.parse(text)
        endpoint = try LiveServer.get().endpoint(database: database)
        connection = try LiveServer.connect(endpoint)
    }

    deinit {
        connection.close()
        do { try LiveServer.drop(endpoint.database) } catch { print("a database could not be dropped: \(error)") }
    }

    private static func parse(_ text: String) -> Keys {
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            values[parts[0].hasPrefix("INFISICAL_") ? String(parts[0].dropFirst(10)) : parts[0]] = parts[1]
        }
        return Keys(
            encryption: values["ENCRYPTION_KEY"], root: values["ROOT_ENCRYPTION_KEY"],
            fips: values["FIPS_ENABLED"] == "true")
    }

    /// What an independent program finds with some keys; the keys of its last look are tried, too, where they are not in use
    /// any more.
    func look(_ keys: Keys) throws -> Finding {
        looks += 1
        let env = folder.path("look\(looks).env"), file = folder.path("look\(looks).json")
        try Data(keys.text.utf8).write(to: URL(filePath: env))
        defer { latest = file }
        return try Finding(endpoint, envFile: env, in: file, before: latest)
    }

    /// Migrates and commits; rolls back what throws.
    @discardableResult
    func rekey(
        to new: Keys, _ depth: RekeyingDepth = .full, from old: [Keys]? = nil, effects: Effects = Effects(),
        cancellation: Cancellation = Cancellation(), _ change: (inout Rekeying) -> Void = { _ in }
    ) throws -> RekeyingReport {
        var rekeying = Rekeying(old: (old ?? [keys]).map(\.environment), new: new.environment, depth: depth)
        change(&rekeying)
        let writer = try LiveServer.connect(endpoint, effects: effects, cancellation: cancellation)
        let reader = try LiveServer.connect(endpoint, effects: effects, cancellation: cancellation)
        let report = try writer.transaction { try rekeying.perform(writer: writer, reader: reader) }
        keys = new
        return report
    }

    func survey(
        to new: Keys, _ depth: RekeyingDepth = .full, from old: [Keys]? = nil,
        _ change: (inout Rekeying) -> Void = { _ in }
    ) throws -> RekeyingSurvey {
        var rekeying = Rekeying(old: (old ?? [keys]).map(\.environment), new: new.environment, depth: depth)
        change(&rekeying)
        return try rekeying.survey(connection)
    }

    /// A digest of every row of every table: what changes when anything does.
    func content() throws -> String {
        let rows = try connection.query(
            """
            SELECT class.relname AS name FROM pg_catalog.pg_class AS class
            WHERE class.relnamespace = 'public'::pg_catalog.regnamespace AND class.relkind = 'r' ORDER BY 1
            """)
        var parts: [String] = []
        for row in rows {
            let table = Quoting.qualified("public", try row.string("name"))
            parts.append(
                "SELECT pg_catalog.md5(COALESCE(pg_catalog.string_agg(t::text, '|' ORDER BY t::text COLLATE \"C\"), '')) AS sum FROM ONLY \(table) AS t"
            )
        }
        var sums: [String] = []
        for part in parts { sums.append(try connection.query(SQL(raw: part)).only().string("sum")) }
        return sums.joined(separator: " ")
    }
}
