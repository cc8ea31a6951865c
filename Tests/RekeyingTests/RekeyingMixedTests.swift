import InfisicalData
import LiveSupport
import Postgres
import Rekeying
import Testing

@Suite("Rekeying of databases that hold values under several keys")
struct RekeyingMixedTests {
    typealias Keys = RekeyedDatabase.Keys

    /// Keeps rows of a table aside as they are, and brings them back later, as a server would that still has the old keys.
    private func keep(_ table: String, _ database: RekeyedDatabase) throws {
        // Not beside the others: every column that holds a ciphertext is migrated, whoever's it is.
        try database.connection.query("CREATE SCHEMA aside")
        try database.connection.query(
            "CREATE TABLE aside.kept AS SELECT * FROM public.\(identifier: table) ORDER BY id LIMIT 2")
    }

    private func bringBack(_ table: String, _ columns: [String], _ database: RekeyedDatabase) throws {
        let list = columns.map { "\(Quoting.identifier($0)) = kept.\(Quoting.identifier($0))" }
        try database.connection.query("ALTER TABLE public.\(identifier: table) DISABLE TRIGGER USER")
        try database.connection.query(
            "UPDATE public.\(identifier: table) AS t SET \(raw: list.joined(separator: ", ")) FROM aside.kept WHERE t.id = kept.id"
        )
        try database.connection.query("ALTER TABLE public.\(identifier: table) ENABLE TRIGGER USER")
        try database.connection.query("DROP TABLE aside.kept")
    }

    private static let hook = [
        "encryptedSecretKey", "iv", "tag", "keyEncoding", "urlCipherText", "urlIV", "urlTag",
    ]

    @Test func `values that a server wrote under the old key meanwhile are swept, all others stay`() throws {
        let database = try RekeyedDatabase(.october)
        let old = database.keys, before = try database.look(old)
        try keep("webhooks", database)
        try database.rekey(to: .next)
        try bringBack("webhooks", RekeyingMixedTests.hook, database)
        #expect(try !database.look(.next).closed.filter { $0.hasPrefix("webhooks") }.isEmpty)
        let survey = try database.survey(to: .third, from: [.next, old])
        #expect(survey.older.map(\.table) == ["webhooks", "webhooks"])
        #expect(survey.older.map(\.older) == [2, 2])
        #expect(try database.survey(to: .next, from: [old]).rewritten == 4)
        let report = try database.rekey(to: .next, from: [old])
        #expect(report.rewritten == 4)
        try database.look(.next).expectEquals(before, "swept")
    }

    @Test(arguments: [RekeyingDepth.deep, .rekey])
    func `what was written with keys that were replaced is found with them`(depth: RekeyingDepth) throws {
        let database = try RekeyedDatabase(.s8)
        let before = try database.look(database.keys)
        let table = depth == .deep ? "internal_kms" : "secrets_v2"
        let columns =
            depth == .deep ? ["encryptedKey"] : ["encryptedValue", "encryptedComment", "secretValueBlindIndex"]
        try keep(table, database)
        let report = try database.rekey(to: .next, depth)
        try bringBack(table, columns, database)
        // Without them they are closed to everybody.
        #expect(try !database.survey(to: .third).closed.isEmpty)
        let retired = try #require(RetiredKeys(report.retired.secret))
        let swept = try database.rekey(to: .next, from: [.next]) { $0.retired = retired }
        #expect(swept.rewritten > 0)
        try database.look(.next).expectEquals(before, "\(depth)")
    }

    @Test(arguments: [LiveFixture.july, .s8, .upgraded], RekeyingDepth.allCases)
    func `a rollback is the same with the keys exchanged, and keeps what was written meanwhile`(
        fixture: LiveFixture, depth: RekeyingDepth
    ) throws {
        let database = try RekeyedDatabase(fixture)
        let old = database.keys, before = try database.look(old)
        try database.rekey(to: .next, depth)
        // Two more hooks by a server with the new key.
        let list = try database.connection.query(
            """
            SELECT pg_catalog.string_agg(pg_catalog.quote_ident(attname), ', ') AS list FROM pg_catalog.pg_attribute
            WHERE attrelid = 'public.webhooks'::pg_catalog.regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'id'
            """
        ).only().string("list")
        try database.connection.query(
            "INSERT INTO public.webhooks (id, \(raw: list)) SELECT gen_random_uuid(), \(raw: list) FROM public.webhooks LIMIT 2"
        )
        let between = try database.look(.next)
        #expect(between.values.count > before.values.count)
        try database.rekey(to: old, from: [.next])
        let after = try database.look(old)
        after.expectEquals(between, "\(fixture) \(depth) back")
    }

    @Test func `half of a database under the new key is no error`() throws {
        let database = try RekeyedDatabase(.july)
        let old = database.keys, before = try database.look(old)
        try keep("project_bots", database)
        try database.rekey(to: .next)
        try bringBack("project_bots", ["encryptedPrivateKey", "iv", "tag", "keyEncoding"], database)
        // Forwards, with the old key still the one in force for the caller.
        try database.rekey(to: .next, from: [old])
        try database.look(.next).expectEquals(before, "forwards")
    }

    @Test func `a table that nobody knows is migrated, too`() throws {
        let database = try RekeyedDatabase(.october)
        try database.connection.query("CREATE TABLE public.hooks_of_mine AS SELECT * FROM public.webhooks")
        let before = try database.look(database.keys)
        let report = try database.rekey(to: .next)
        #expect(report.columns.contains { $0.table == "hooks_of_mine" && $0.rewritten > 0 })
        // The column that names the encoding is known of known tables only, and stays right.
        try database.look(.next).expectEquals(before, "copied")
    }

    @Test func `triggers are as they were, whatever they were`() throws {
        let database = try RekeyedDatabase(.july)
        for statement in [
            "ALTER TABLE public.webhooks DISABLE TRIGGER USER",
            "ALTER TABLE public.project_bots ENABLE ALWAYS TRIGGER \"project_bots_updatedAt\"",
            "ALTER TABLE public.dynamic_secrets ENABLE REPLICA TRIGGER \"dynamic_secrets_updatedAt\"",
        ] {
            try database.connection.query(SQL(raw: statement))
        }
        let before = try database.look(database.keys)
        try database.rekey(to: .next)
        try database.look(.next).expectEquals(before, "triggers")
    }
}
