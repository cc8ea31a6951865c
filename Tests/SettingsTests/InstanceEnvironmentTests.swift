import Settings
import TestSupport
import Testing

struct InstanceEnvironmentTests {
    private func instance(_ texts: String...) throws -> InstanceEnvironment {
        try InstanceEnvironment(files: texts.enumerated().map { try env($1, path: "/srv/\($0).env") })
    }

    private func fixture(_ name: String) throws -> ResolvedConfiguration {
        let path = Fixtures.path("\(name)/instance.env")
        return try ResolvedConfiguration(nil, .test(["INFISICAL_OPS_ENV_FILE": path]))
    }

    @Test(arguments: ["infisical-2024-10", "infisical-s8"])
    func `the names of the usage guide are read`(name: String) throws {
        let instance = try fixture(name).instance
        #expect(instance.usesGuideNames)
        #expect(shown(instance.encryptionKey?.value) == "9f2c47d1e0b86a35c7f41d9280ae53b6")
        #expect(shown(instance.authSecret?.value) == "mXb0bK5tJzj1q0m3o3q1TFrQy8y0C3nVh1kzqk7d2uY=")
        let path = Fixtures.path("\(name)/instance.env")
        #expect(instance.encryptionKey?.origin == .envFile(path, line: 2, name: "INFISICAL_ENCRYPTION_KEY"))
        let target = instance.databaseTarget
        #expect(target.host == "infisical-db")
        #expect(target.port == 5432)
        #expect(target.name == "postgres")
        #expect(target.user == "postgres")
        #expect(shown(target.password) == "EftUUhPWdjKNR7OKAzXo3zua")
        #expect(shown(instance.siteURL?.value) == "http://localhost:8020")
        #expect(shown(instance.files[0]["INFISICAL_HOSTNAME"]) == ":8020")
    }

    @Test func `the plain names of the compose file are read`() throws {
        let instance = try fixture("infisical-2024-07").instance
        #expect(!instance.usesGuideNames)
        #expect(shown(instance.encryptionKey?.value) == "c4b1f7e09d3a58261fe0a7b4c9d2835e")
        let target = instance.databaseTarget
        #expect(target.host == "db")
        #expect(target.name == "infisical")
        #expect(target.user == "infisical")
        #expect(shown(target.password) == "kT3nQ8wLr5")
        #expect(target.origin.description.hasSuffix("DB_CONNECTION_URI"))
        #expect(shown(instance.redis?.value.value) == "redis://redis:6379")
    }

    @Test func `beside the guide's names the plain ones belong to other services`() throws {
        let instance = try instance(
            """
            ENCRYPTION_KEY=other
            AUTH_SECRET=other
            POSTGRES_PASSWORD=other
            POSTGRES_USER=other
            DB_CONNECTION_URI=postgres://other@other/other
            REDIS_URL=redis://ours
            INFISICAL_ENCRYPTION_KEY=ours
            INFISICAL_POSTGRES_PASSWORD=ours
            AUDIT_LOGS_DB_CONNECTION_URI=postgres://audit:pw@audit-db/logs
            ROOT_ENCRYPTION_KEY=root
            """)
        #expect(shown(instance.encryptionKey?.value) == "ours")
        #expect(instance.authSecret == nil)
        // Infisical reads no other name.
        #expect(shown(instance.redis?.value.value) == "redis://ours")
        #expect(shown(instance.rootEncryptionKey?.value) == "root")
        #expect(shown(instance.databaseTarget.password) == "ours")
        #expect(instance.databaseTarget.host == nil)
        #expect(instance.databaseTarget.user == "postgres")
        #expect(instance.auditLogs?.host == "audit-db")
        #expect(instance.auditLogs?.name == "logs")
        #expect(shown(instance.auditLogs?.password) == "pw")
    }

    @Test func `a later file overrides an earlier one, also with nothing`() throws {
        let instance = try instance("ENCRYPTION_KEY=one\nAUTH_SECRET=a\nDB_HOST=h", "ENCRYPTION_KEY=two\nAUTH_SECRET=")
        #expect(shown(instance.encryptionKey?.value) == "two")
        #expect(instance.encryptionKey?.origin == .envFile("/srv/1.env", line: 1, name: "ENCRYPTION_KEY"))
        #expect(instance.authSecret == nil)
        #expect(instance.databaseTarget.host == "h")
    }

    @Test func `values are trimmed and blank ones are unset`() throws {
        let instance = try instance("ENCRYPTION_KEY='  key  '\nINFISICAL_ENCRYPTION_KEY='   '\nFIPS_ENABLED=true")
        #expect(!instance.usesGuideNames)
        #expect(shown(instance.encryptionKey?.value) == "key")
        #expect(instance.isFIPS)
        #expect(try !self.instance("FIPS_ENABLED=false").isFIPS)
    }

    @Test func `the URI wins over the single names, which fill its gaps`() throws {
        let instance = try instance(
            "DB_CONNECTION_URI=postgresql://u@h1/n?sslmode=require\nDB_HOST=h2\nDB_PASSWORD=p\nDB_PORT=6000\nDB_ROOT_CERT=YQ=="
        )
        let target = instance.databaseTarget
        #expect(target.host == "h1")
        #expect(target.port == 5432)
        #expect(target.user == "u")
        #expect(shown(target.password) == "p")
        #expect(target.parameters == [.init(name: "sslmode", value: "require")])
        #expect(instance.databaseRootCertificate != nil)
    }

    @Test(
        arguments: [
            "DB_CONNECTION_URI=mysql://u:hunter2@h/n", "DB_CONNECTION_URI=postgres://u:hunter2%zz@h/n",
            "DB_HOST=h\nDB_PORT=hunter2", "POSTGRES_PORT=70000hunter2", "INFISICAL_POSTGRES_PORT=hunter2",
            "AUDIT_LOGS_DB_CONNECTION_URI=hunter2",
        ])
    func `a connection that cannot be understood is named by place, not by text`(text: String) throws {
        let found = try fault { _ = try instance(text) }
        #expect(found.code == "settings.bad-connection")
        #expect(found.message.contains("/srv/0.env:"))
        #expect(!seen(found).contains("hunter2"))
    }
}
