import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import Secrets
import TestSupport
import Testing

/// `census` and `keys check`: from the live database and from a backup, with every answer that they can give.
@Suite struct CensusCommandTests {
    private struct Report: Decodable {
        struct Source: Decodable {
            let kind: String
            let id: String?
        }
        struct Failure: Decodable, Equatable {
            let row: String
            let reason: String
        }
        struct Column: Decodable, Equatable {
            let table: String
            let column: String
            let rows: Int
            let opened: Int
            let failed: Int
            let notProvable: Int
            let keys: [String: Int]
            let misplaced: Int?
            let failures: [Failure]?
            let note: String?
        }
        let source: Source
        let era: String
        let rows: Int
        let opened: Int
        let failed: Int
        let notProvable: Int
        let columns: [Column]
        let warnings: [String]

        subscript(_ name: String) -> Column? { columns.first { "\($0.table).\($0.column)" == name } }
    }

    private func census(_ instance: OpsInstance, _ arguments: String..., expecting code: Int32 = 0) throws -> Report {
        try instance.run(["census", "--json"] + arguments).expect(code).object()
    }

    @Test func `bytes outside of Infisical's own columns are named as not looked at`() throws {
        let instance = try OpsInstance(.october)
        try instance.connection().execute(
            script: """
                CREATE SCHEMA "old.copy"; CREATE TABLE "old.copy".secrets_v2 AS SELECT * FROM public.secrets_v2;
                CREATE DOMAIN public.sealed AS bytea; CREATE DOMAIN public.sealed_again AS public.sealed;
                CREATE TABLE public.notes (id int, body public.sealed, more public.sealed_again[], list bytea[], text text);
                """)
        try instance.ops("backup").expect(0)
        let names = [
            "old.copy.secrets_v2.encryptedComment", "old.copy.secrets_v2.encryptedValue", "public.notes.body",
            "public.notes.list", "public.notes.more",
        ]
        for arguments in [["--live"], []] {
            let report: Report = try instance.run(["census", "--json"] + arguments).expect(2).object()
            let unread = report.warnings.filter { $0.contains("was not looked at") }
            #expect(unread.count == names.count, "\(arguments) \(unread)")
            for (name, warning) in zip(names, unread) { #expect(warning.hasPrefix(name + " "), "\(warning)") }
        }
    }

    @Test(arguments: LiveFixture.allCases)
    func `a backup without any server says the same as the live database`(fixture: LiveFixture) throws {
        let instance = try OpsInstance(fixture)
        try instance.ops("backup").expect(0)
        let live = try census(instance, "--live")
        // The database may be gone: only the repository and the identity are needed.
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = .plain("postgresql://nobody@127.0.0.1:1/none")
        let stored = try census(instance)
        #expect(stored.columns == live.columns && stored.failed == 0 && stored.opened > 2000)
        #expect(stored.source.kind == "backup" && live.source.kind == "live")
        #expect(stored.source.id == (try instance.ids().last))
        for (name, expected) in try fixture.censusEntries() {
            let column = try #require(stored[name], "\(name)")
            #expect(column.rows == expected.rows && column.opened == expected.opened, "\(name)")
            #expect(column.keys == expected.keys, "\(name)")
        }
    }

    /// What is changed in a copy of the database, and where the census must say so.
    private static let changes: [(sql: String, column: String)] = [
        (
            """
            UPDATE secrets_v2 SET "encryptedValue" = set_byte("encryptedValue", 20, get_byte("encryptedValue", 20) # 1)
            WHERE id = (SELECT id FROM secrets_v2 WHERE length("encryptedValue") > 40 ORDER BY id LIMIT 1)
            """, "secrets_v2.encryptedValue"
        ),
        (
            """
            UPDATE secret_versions_v2 SET "encryptedValue" = substr("encryptedValue", 1, length("encryptedValue") - 1)
            WHERE id = (SELECT id FROM secret_versions_v2 WHERE "encryptedValue" IS NOT NULL ORDER BY id LIMIT 1)
            """, "secret_versions_v2.encryptedValue"
        ),
        (
            """
            UPDATE webhooks SET "urlTag" = 'AAAAAAAAAAAAAAAAAAAAAA=='
            WHERE id = (SELECT id FROM webhooks WHERE "urlTag" <> '' ORDER BY id LIMIT 1)
            """, "webhooks.urlCipherText"
        ),
        (
            """
            UPDATE super_admin SET "encryptedSlackClientId" = set_byte("encryptedSlackClientId", 0,
                get_byte("encryptedSlackClientId", 0) # 128)
            """, "super_admin.encryptedSlackClientId"
        ),
        (
            """
            UPDATE org_bots SET "symmetricKeyTag" = 'AAAAAAAAAAAAAAAAAAAAAA=='
            """, "org_bots.encryptedSymmetricKey"
        ),
    ]

    @Test(arguments: changes.indices) func `one bit changed in a value is named with its row`(number: Int) throws {
        let (sql, name) = Self.changes[number]
        let instance = try OpsInstance(.october)
        try instance.sql(SQL(raw: sql))
        let report = try census(instance, "--live", expecting: 13)
        let column = try #require(report[name])
        #expect(column.failed == 1 && column.failures?.count == 1)
        #expect(column.failures?.first?.row.utf8.count == 36)
        let text = try instance.ops("census", "--live").expect(13).output
        #expect(text.contains("does not open: \(name) of the row \(column.failures?.first?.row ?? "?")"))
    }

    @Test func `another key opens nothing and ends with 12`() throws {
        let instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        try instance.write(
            Array("ENCRYPTION_KEY=00112233445566778899aabbccddeeff\n".utf8), to: instance.path("other.env"))
        let report = try census(instance, "latest", "--key-file", instance.path("other.env"), expecting: 12)
        #expect(report["secrets_v2.encryptedValue"]?.opened == 0)
        #expect(report["kms_root_config.encryptedRootKey"]?.failed == 1)
        #expect(report.warnings.contains { $0.contains("supplied") })
    }

    @Test func `without a key nothing is tried, and nothing said to have failed`() throws {
        let instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        let own = try LiveFixture.october.encryptionKey.withBytes { String(decoding: $0, as: UTF8.self) }
        try instance.editEnvFile("INFISICAL_ENCRYPTION_KEY=\(own)", "A=1")
        let fault = try instance.refuses(
            ["census", "--live"], exit: 12, code: "instance-data.key-missing",
            naming: ["there is no key to open the live database", "the env file sets no"])
        #expect(fault.hints.contains("run: infisical-ops restore \(try instance.ids()[0]) --files kept-files"))
        try instance.ops("backup").expect(12)
        try instance.refuses(
            ["census"], exit: 12, code: "instance-data.key-missing", naming: ["its escrow keeps none"])
    }

    @Test func `a quiet census says what failed, and nothing else`() throws {
        let instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        let right = try instance.ops("census", "--quiet", "--key-file", instance.envFile).expect(0)
        #expect(right.output == "" && right.errors == "", "\(right.output)\(right.errors)")
        // That the key was given is what whoever gave it knows.
        let told = try instance.ops("census", "--key-file", instance.envFile).expect(0)
        #expect(told.output.contains("key supplied: it was given") && told.errors == "", "\(told.errors)")
        try instance.write(
            Array("ENCRYPTION_KEY=00112233445566778899aabbccddeeff\n".utf8), to: instance.path("other.env"))
        let wrong = try instance.ops("census", "--quiet", "--key-file", instance.path("other.env")).expect(12).output
        #expect(wrong.contains("kms_root_config.encryptedRootKey") && !wrong.contains("without values"), "\(wrong)")
        #expect(!wrong.contains("not provable"), "\(wrong)")
    }

    @Test func `a lost wrap of the root key is named`() throws {
        let instance = try OpsInstance(.october)
        try instance.sql("DELETE FROM kms_root_config")
        let result = try instance.ops("census", "--live").expect(12)
        #expect(result.output.contains("kms_root_config has no row"))
    }

    @Test func `a value in the row of another project is named, and the census ends with 2`() throws {
        let instance = try OpsInstance(.october)
        try instance.misplaceValue()
        let report = try census(instance, "--live", expecting: 2)
        let column = try #require(report["secrets_v2.encryptedValue"])
        #expect(column.failed == 0 && column.misplaced == 1 && column.failures?.count == 1)
    }

    @Test func `a column that nobody knows is listed, and not passed over`() throws {
        let instance = try OpsInstance(.october)
        try instance.sql("ALTER TABLE users ADD COLUMN \"encryptedThing\" bytea")
        try instance.sql("UPDATE users SET \"encryptedThing\" = '\\x0102'")
        let report = try census(instance, "--live", expecting: 2)
        let column = try #require(report["users.encryptedThing"])
        #expect(
            column.note == "unknown column" && column.opened == 0 && column.notProvable == column.rows
                && column.rows > 0)
        #expect(report.warnings.contains { $0.contains("users.encryptedThing") })
    }

    // MARK: - keys check

    private struct Keys: Decodable {
        struct Backup: Decodable {
            let id: String
            let outcome: String
            let form: String?
            let keptIn: String?
        }
        let labels: [String]
        let problems: [String]
        let backups: [Backup]
    }

    private func keys(_ instance: OpsInstance, _ arguments: String..., expecting code: Int32 = 0) throws -> Keys {
        try instance.run(["keys", "check", "--json"] + arguments).expect(code).object()
    }

    @Test func `labels say which backups a key opens, and in which form it would`() throws {
        let instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        #expect(try keys(instance).backups.map(\.outcome) == ["opens"])
        let own = try LiveFixture.october.encryptionKey.withBytes { String(decoding: $0, as: UTF8.self) }
        let file = instance.path("given.env")
        try instance.write(Array("ENCRYPTION_KEY=\(own.uppercased())\n".utf8), to: file)
        instance.moreEnvFiles.append(file)
        let upper = try keys(instance, "latest", "--key-file", file, expecting: 12)
        #expect(upper.backups.map(\.form) == ["in lower case"])
        try instance.write(Array("ENCRYPTION_KEY=\(own)\(own)\n".utf8), to: file)
        let twice = try keys(instance, "--key-file", file, expecting: 12)
        #expect(twice.labels.isEmpty && twice.problems.contains { $0.contains("64 hex") })
        #expect(twice.backups.map(\.keptIn) == (try instance.ids()))
        try instance.write(Array("SOMETHING=1\n".utf8), to: file)
        try instance.refuses(["keys", "check", "--key-file", file], exit: 12, code: "instance-data.no-key")
    }

    @Test func `a backup that the very key did not open is told as that, and one of another key beside the good one`()
        throws
    {
        let instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        let own = try LiveFixture.october.encryptionKey.withBytes { String(decoding: $0, as: UTF8.self) }
        try instance.editEnvFile(own, "00112233445566778899aabbccddeeff")
        try instance.ops("backup").expect(12)
        let report = try keys(instance, expecting: 12)
        #expect(report.backups.map(\.outcome) == ["does not open", "does not open"])
        let quiet = try instance.ops("keys", "check", "--quiet").expect(12)
        let bad = report.backups[1].id
        // It was tried when the backup was taken; to try it again would say the same.
        #expect(
            quiet.errors.contains("\(bad): this very key was tried when it was taken, and opened nothing"),
            "\(quiet.errors)")
        #expect(report.backups[0].keptIn == report.backups[0].id)
    }
}
