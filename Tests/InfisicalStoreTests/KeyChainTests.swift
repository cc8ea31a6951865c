import InfisicalData
import InfisicalStore
import LiveSupport
import Postgres
import Testing

/// The chain of keys below the root key, in databases that real servers wrote.
@Suite struct KeyChainTests {
    private func trial(_ connection: Connection, _ fixture: LiveFixture, among: Int = 1) throws -> KeyTrialReport {
        try KeyTrial.run(
            try InfisicalDatabase(connection).keySamples(newestAmong: among), with: [try fixture.holder])
    }

    @Test(arguments: LiveFixture.allCases)
    func `the whole chain opens`(fixture: LiveFixture) throws {
        try fixture.copied { connection in
            for among in [1, 20] { try check(try trial(connection, fixture, among: among), fixture) }
        }
    }

    private func check(_ report: KeyTrialReport, _ fixture: LiveFixture) throws {
        for role in report.roles { #expect(!role.isDisproven, "\(role.text)") }
        guard case .opens = report.verdict else {
            Issue.record("\(report.summary)")
            return
        }
        #expect(report.findings == [])
        #expect(report.firstBroken == nil)
        let tried = { (role: RoleTrial.Role) in report[role]?.samples ?? 0 }
        #expect(tried(.kmsKeys) > 2 && tried(.dataValues) > 2, "\(report.roles.map(\.text))")
        switch fixture {
        case .july: #expect(tried(.legacyKeys) >= 3 && tried(.legacyValues) >= 3 && tried(.dataKeys) == 0)
        case .october: #expect(tried(.dataKeys) == 5 && tried(.legacyValues) > 5)
        case .upgraded: #expect(tried(.dataKeys) == 12 && tried(.dataValues) > 25)
        case .s7: #expect(tried(.dataKeys) == 11 && tried(.rootValues) >= 15 && tried(.dataValues) > 40)
        case .s8: #expect(tried(.dataKeys) == 6 && tried(.rootValues) >= 3)
        }
    }

    @Test func `the session's transaction and settings are left as they were`() throws {
        try LiveFixture.s8.copied { connection in
            let setting = { try connection.query("SHOW enable_seqscan").only().string("enable_seqscan") }
            _ = try InfisicalDatabase(connection).keyChain()
            #expect(connection.transactionStatus == .idle)
            #expect(try setting() == "on")
            try connection.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") {
                _ = try InfisicalDatabase(connection).keyChain()
                #expect(connection.transactionStatus == .inTransaction)
                #expect(try setting() == "on")
            }
        }
    }

    /// More than is read from end to end, most of it without a value of the column in question.
    private static let grown = """
        ALTER TABLE public.webhooks ALTER "encryptedUrl" DROP NOT NULL;
        INSERT INTO public.webhooks (id, "secretPath", url, "envId", "createdAt", "updatedAt")
        SELECT gen_random_uuid(), repeat('x', 200), '', (SELECT "envId" FROM public.webhooks LIMIT 1), now(), now()
        FROM generate_series(1, 60000);
        """

    @Test func `of a large table without a fitting index values are tried, too`() throws {
        try LiveFixture.s7.copied { connection in
            try connection.execute(script: KeyChainTests.grown)
            let places = { try InfisicalDatabase(connection).keyChain().values.map(\.place) }
            #expect(
                try connection.query("SELECT pg_relation_size('public.webhooks') AS n").only().integer("n") > 8 << 20)
            #expect(try places().contains { $0.column == "encryptedUrl" && $0.table == "webhooks" })
            try check(try trial(connection, .s7), .s7)
            try connection.execute(
                script: "UPDATE public.webhooks SET \"encryptedUrl\" = set_byte(\"encryptedUrl\", 20, "
                    + "get_byte(\"encryptedUrl\", 20) # 1) WHERE \"encryptedUrl\" IS NOT NULL")
            #expect(try trial(connection, .s7).firstBroken?.contains("webhooks.encryptedUrl") == true)
        }
    }

    @Test func `of a large table of versions without its index values are tried, too`() throws {
        try LiveFixture.s7.copied { connection in
            try connection.execute(
                script: """
                    DO $$ DECLARE i regclass; BEGIN FOR i IN SELECT indexrelid FROM pg_index
                        WHERE indrelid = 'public.secret_versions_v2'::regclass AND NOT indisprimary
                    LOOP EXECUTE 'DROP INDEX ' || i; END LOOP; END $$;
                    ALTER TABLE public.secret_versions_v2 ADD filler text;
                    ALTER TABLE public.secret_versions_v2 ALTER filler SET STORAGE PLAIN;
                    UPDATE public.secret_versions_v2 SET filler = repeat('x', 6000);
                    """)
            let size: Int = try connection.query("SELECT pg_relation_size('public.secret_versions_v2') AS n").only()
                .integer("n")
            let chain = try InfisicalDatabase(connection).keyChain()
            #expect(size > 8 << 20 && chain.unread.isEmpty)
            #expect(chain.values.contains { $0.place.table == "secret_versions_v2" })
        }
    }
}
