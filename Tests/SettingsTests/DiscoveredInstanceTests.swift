import Secrets
import TestSupport
import Testing

@testable import Settings

@Suite struct DiscoveredInstanceTests {
    private func secret(_ text: String) -> Secret {
        var bytes = Array(text.utf8)
        return Secret(consuming: &bytes)
    }

    private func found() -> DiscoveredInstance {
        var found = DiscoveredInstance()
        found.database = DiscoveredInstance.Database(
            container: "infisical-db", host: "172.18.0.2", port: 5432, route: "address in the network n", name: "made",
            user: "maker", password: secret("made-pw"), aliases: ["infisical-db", "db"])
        found.backend = DiscoveredInstance.Backend(
            container: "infisical-backend",
            environment: [
                "ENCRYPTION_KEY": secret("0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
                "DB_CONNECTION_URI": secret("postgresql://app:app-pw@db:5432/infisical"),
            ])
        return found
    }

    private func resolved(
        _ found: DiscoveredInstance?, _ environment: [String: String] = [:], env text: String? = nil
    ) throws -> ResolvedConfiguration {
        let folder = try TemporaryFolder()
        var environment = environment, found = found
        if let text {
            try folder.write("i.env", text)
            found?.envFiles = [folder.path("i.env")]
            found?.fileOrigin = .container("infisical-backend", detail: "compose project p")
        }
        environment["INFISICAL_OPS_STATE_FOLDER"] = folder.path("state")
        return try ResolvedConfiguration(nil, .test(environment)) { _, _ in found }
    }

    @Test func `without anything else the containers say where the database is and as whom to connect`() throws {
        let configuration = try resolved(found())
        let database = configuration.database
        #expect(database.host == "172.18.0.2" && database.name == "infisical" && database.user == "app")
        #expect(database.password?.revealedText() == "app-pw")
        #expect(database.origin.description == "container infisical-db: address in the network n")
        #expect(database.passwordOrigin?.description == "container infisical-backend: DB_CONNECTION_URI")
        #expect(configuration.running?.encryptionKey != nil && configuration.instance.encryptionKey == nil)
    }

    @Test func `the database's own container stands in where the backend says nothing`() throws {
        var found = found()
        found.backend = nil
        let database = try resolved(found).database
        #expect(database.name == "made" && database.user == "maker" && database.password?.revealedText() == "made-pw")
        #expect(database.passwordOrigin?.description == "container infisical-db: POSTGRES_PASSWORD")
    }

    @Test func `the env file counts more than a container, and its name of the container is resolved`() throws {
        let text =
            "INFISICAL_ENCRYPTION_KEY=k\nINFISICAL_POSTGRES_HOST=infisical-db\nINFISICAL_POSTGRES_PASSWORD=file-pw\n"
        let configuration = try resolved(found(), env: text)
        #expect(configuration.database.host == "172.18.0.2")
        #expect(configuration.database.password?.revealedText() == "file-pw")
        #expect(configuration[.envFile]?.origin.description == "container infisical-backend: compose project p")
        // Another host is another database, and the container's address has nothing to do with it.
        let elsewhere = try resolved(found(), env: "DB_HOST=db.example.org\nDB_PORT=6432\n")
        #expect(elsewhere.database.host == "db.example.org" && elsewhere.database.port == 6432)
    }

    @Test func `what the operator says counts most, and without containers nobody is asked`() throws {
        let named = try resolved(found(), ["INFISICAL_OPS_DATABASE_URL": "postgresql://u@127.0.0.1:7000/x"])
        #expect(named.database.host == "127.0.0.1" && named.database.port == 7000 && named.database.user == "u")
        var wasAsked = false
        _ = try ResolvedConfiguration(nil, .test(["INFISICAL_OPS_INSTANCE_CONTAINERS": "none"])) { _, _ in
            wasAsked = true
            return nil
        }
        #expect(!wasAsked)
    }

    @Test func `an audit-log database in the same container is resolved too`() throws {
        let text = "AUDIT_LOGS_DB_CONNECTION_URI=postgresql://a:b@db:5432/audit\n"
        let audit = try #require(try resolved(found(), env: text).auditLogs)
        #expect(audit.host == "172.18.0.2" && audit.name == "audit" && audit.user == "a")
    }

    @Test func `an env file made of values says exactly these`() throws {
        let values = [
            "PLAIN": "abc", "DOLLAR": "a$b${c}", "QUOTES": "it's \"so\"", "LINES": "a\nb\r\n\\n", "EMPTY": "",
            "HASH": "a #b", "BOTH": "'$x\"\\",
        ]
        let file = try EnvFile(EnvFile.text(values.mapValues(secret)), path: "x.env")
        #expect(Dictionary(uniqueKeysWithValues: file.entries.map { ($0.name, $0.value.revealedText()) }) == values)
    }
}
