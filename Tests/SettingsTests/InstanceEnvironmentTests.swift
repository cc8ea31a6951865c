import Postgres
import TestSupport
import Testing

@testable import Settings

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
            POSTGRES_HOST=other
            DB_HOST=other
            DB_CONNECTION_URI=postgres://other@other/other
            REDIS_URL=redis://ours
            INFISICAL_ENCRYPTION_KEY=ours
            INFISICAL_AUTH_SECRET=ours
            INFISICAL_POSTGRES_HOST=ours
            INFISICAL_POSTGRES_PASSWORD=ours
            AUDIT_LOGS_DB_CONNECTION_URI=postgres://audit:pw@audit-db/logs
            ROOT_ENCRYPTION_KEY=root
            """)
        #expect(shown(instance.encryptionKey?.value) == "ours")
        #expect(shown(instance.authSecret?.value) == "ours")
        #expect(shown(instance.redis?.value.value) == "redis://ours")
        #expect(shown(instance.rootEncryptionKey?.value) == "root")
        #expect(shown(instance.databaseTarget.password) == "ours")
        #expect(instance.databaseTarget.host == "ours")
        #expect(instance.databaseTarget.user == "postgres")
        #expect(instance.auditLogs?.host == "audit-db")
        #expect(instance.auditLogs?.name == "logs")
        #expect(shown(instance.auditLogs?.password) == "pw")
    }

    private let mixed = """
        INFISICAL_ENCRYPTION_KEY=ours
        INFISICAL_POSTGRES_PASSWORD=guide-pw
        AUTH_SECRET=secret
        REDIS_URL=redis://there:6379
        DB_CONNECTION_URI=postgres://app:pw@there/infisical
        DB_ROOT_CERT=YQ==
        FIPS_ENABLED=true
        """

    @Test func `beside the guide's key the names that only Infisical has count where nothing else says`() throws {
        let instance = try instance(mixed)
        #expect(
            shown(instance.authSecret?.value) == "secret" && shown(instance.redis?.value.value) == "redis://there:6379")
        let target = instance.databaseTarget
        #expect(target.host == "there" && target.name == "infisical" && target.user == "app")
        // The URI is one thing; no password of another place is mixed into it.
        #expect(shown(target.password) == "pw" && target.authority != nil && instance.fips == true)
    }

    @Test func `what the backend's container was made with counts more than those, and less than the guide's own`()
        throws
    {
        let running = try InstanceEnvironment(
            container: "backend",
            [
                "AUTH_SECRET": secret("running"), "REDIS_URL": secret("redis://running:6379"),
                "DB_CONNECTION_URI": secret("postgres://app:running-pw@running/infisical"),
                "INFISICAL_ENCRYPTION_KEY": secret("passed on"), "ENCRYPTION_KEY": secret("read"),
            ])
        // Infisical reads none of the guide's names, also where its container was handed all of them.
        #expect(shown(running.encryptionKey?.value) == "read" && running.databaseTarget.host == "running")
        let found = DiscoveredInstance.Backend(
            container: "backend",
            environment: [
                "AUTH_SECRET": secret("running"), "REDIS_URL": secret("redis://running:6379"),
                "DB_CONNECTION_URI": secret("postgres://app:running-pw@running/infisical"),
            ])
        func resolved(_ text: String) throws -> ResolvedConfiguration {
            let folder = try TemporaryFolder(), path = folder.path("i.env")
            try write(text, to: path)
            var discovered = DiscoveredInstance()
            discovered.backend = found
            return try ResolvedConfiguration(nil, .test(["INFISICAL_OPS_ENV_FILE": path])) { _, _ in discovered }
        }
        let beside = try resolved(mixed)
        #expect(beside.instance.authSecret == nil && beside.instance.redis == nil)
        #expect(beside.database.host == "running" && shown(beside.database.password) == "guide-pw")
        let guide = try resolved(mixed + "\nINFISICAL_AUTH_SECRET=guide\nINFISICAL_POSTGRES_HOST=guide")
        #expect(shown(guide.instance.authSecret?.value) == "guide" && guide.database.host == "guide")
    }

    @Test func `a database that nothing names is not taken for one on this host`() throws {
        let resolved = { (text: String) in
            let folder = try TemporaryFolder(), path = folder.path("i.env")
            try write(text, to: path)
            return try ResolvedConfiguration(nil, .test(["INFISICAL_OPS_ENV_FILE": path]))
        }
        #expect(try !resolved("INFISICAL_ENCRYPTION_KEY=k\nDB_HOST=other").database.isNamed)
        #expect(try !resolved("ENCRYPTION_KEY=k\nDB_PASSWORD=p").database.isNamed)
        let half = try resolved("ENCRYPTION_KEY=k\nDB_NAME=infisical")
        #expect(half.database.isNamed && half.notes == ["nothing names the host of the database; 127.0.0.1 is used"])
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
        #expect(instance.fips == true)
        #expect(try self.instance("FIPS_ENABLED=false").fips == false && self.instance("A=1").fips == nil)
    }

    @Test func `of a URI and single names the driver takes the URI alone`() throws {
        let target = try instance(
            "DB_CONNECTION_URI=postgresql://u@h1/n\nDB_HOST=h2\nDB_PASSWORD=p\nDB_PORT=6000\nPOSTGRES_PASSWORD=x"
        ).databaseTarget
        #expect(target.host == "h1" && target.port == 5432 && target.user == "u" && target.password == nil)
    }

    @Test(
        arguments: [
            // URI's query, DB_ROOT_CERT, sslmode, sslrootcert, whether the certificate of DB_ROOT_CERT is handed over
            ("", nil, nil, nil, false), ("", "YQ==", "verify-full", nil, true),
            ("?sslmode=require", nil, "verify-full", "/etc/ssl/certs/ca-certificates.crt", false),
            ("?sslmode=require", "YQ==", "verify-full", nil, true), ("?sslmode=disable", "YQ==", "disable", nil, false),
            ("?sslmode=no-verify", "YQ==", "require", nil, false),
            ("?sslrootcert=/ca.pem", "YQ==", "verify-full", "/ca.pem", false),
            ("?ssl=true", nil, "verify-full", "/etc/ssl/certs/ca-certificates.crt", false),
        ] as [(String, String?, String?, String?, Bool)])
    func `the certificate is checked as Infisical checks it`(
        query: String, certificate: String?, mode: String?, file: String?, isHanded: Bool
    ) throws {
        let text = "DB_CONNECTION_URI=postgres://u@h/d\(query)\n" + (certificate.map { "DB_ROOT_CERT=\($0)" } ?? "")
        let target = try instance(text).databaseTarget
        let value = { (name: String) in target.parameters.last { $0.name == name }?.value }
        #expect(value("sslmode") == mode && value("sslrootcert") == file)
        #expect((target.authority?.pem == [97]) == isHanded && target.authority?.origin.isEmpty != true)
    }

    @Test func `the audit logs' database has a certificate of its own`() throws {
        let both = try instance(
            "DB_CONNECTION_URI=postgres://u@h/d\nAUDIT_LOGS_DB_CONNECTION_URI=postgres://u@a/l\nAUDIT_LOGS_DB_ROOT_CERT=YQ"
        )
        #expect(both.databaseTarget.authority == nil && both.auditLogs?.authority?.pem == [97])
    }

    @Test(arguments: [
        ("YWJj", "abc"), ("YWJjZA==", "abcd"), ("YWJjZA", "abcd"), ("YW Jj\nZA==", "abcd"), ("_-8=", "\u{ff}\u{ef}"),
        ("/+8=", "\u{ff}\u{ef}"), ("###", ""), ("YWJj=ZGVm", "abc"),
    ])
    func `base64 is decoded as node decodes it`(text: String, expected: String) {
        let bytes = expected.unicodeScalars.map { UInt8($0.value) }
        #expect(RootCertificate.decoded(secret(text)) == bytes)
    }

    @Test func `a certificate that Infisical does not use, and parameters that mean nothing, are noted`() throws {
        let folder = try TemporaryFolder(), path = folder.path("i.env")
        try write("DB_CONNECTION_URI=postgres://u@h/d?sslmode=require&schema=x\nDB_ROOT_CERT=YQ==\n", to: path)
        let notes = try ResolvedConfiguration(nil, .test(["INFISICAL_OPS_ENV_FILE": path])).notes
        #expect(notes.count == 2 && notes[0].contains("parameter schema") && notes[0].contains(":1 DB_CONNECTION_URI"))
        #expect(notes[1].contains(":2 DB_ROOT_CERT") && notes[1].contains("Infisical does not use this certificate"))
    }

    @Test(
        arguments: [
            "DB_CONNECTION_URI=mysql://u:hunter2@h/n", "DB_CONNECTION_URI=postgres://u:hunter2%ff@h/n",
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
