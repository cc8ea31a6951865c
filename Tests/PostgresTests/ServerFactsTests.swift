import LiveSupport
import Postgres
import Testing

@Suite struct ServerFactsTests {
    @Test func `the superuser learns everything`() throws {
        try LiveServer.withDatabase { connection, endpoint in
            let facts = try ServerFacts.read(connection)
            #expect(facts.database == endpoint.database && facts.databaseOID > 16_383)
            #expect(facts.version == connection.serverVersion && facts.version >= .oldest)
            #expect(
                facts.locale == DatabaseLocale(encoding: "UTF8", collate: "C.UTF-8", characterType: "C.UTF-8"))
            #expect(facts.systemIdentifier.flatMap { UInt64($0) } != nil)
            #expect(try facts.dataDirectory == LiveServer.get().folder + "/data")
            #expect(facts.isSuperuser && !facts.isInRecovery)
        }
    }

    @Test func `an ordinary user learns what it may`() throws {
        try LiveServer.withDatabase { owner, endpoint in
            let role = "ordinary_in_\(endpoint.database)"
            try owner.query("CREATE ROLE \(identifier: role) LOGIN")
            try owner.query("REVOKE EXECUTE ON FUNCTION pg_control_system FROM PUBLIC")
            var ordinary = endpoint
            ordinary.user = role
            let connection = try LiveServer.connect(ordinary)
            let facts = try ServerFacts.read(connection)
            #expect(facts.systemIdentifier == nil && facts.dataDirectory == nil && !facts.isSuperuser)
            connection.close()
            try owner.query("DROP ROLE \(identifier: role)")
        }
    }

    @Test func `a database of another locale provider names it`() throws {
        let server = try LiveServer.get()
        let administrator = try LiveServer.connect(server.endpoint())
        try administrator.query(
            "CREATE DATABASE icu_facts TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-AT' LC_COLLATE 'C'")
        let connection = try LiveServer.connect(server.endpoint(database: "icu_facts"))
        let facts = try ServerFacts.read(connection)
        #expect(facts.locale.provider == .icu && facts.locale.name == "de-AT" && facts.locale.collate == "C")
        connection.close()
        try TargetDatabase.drop("icu_facts", on: administrator)
    }

    @Test func `versions compare by number and read as people write them`() {
        #expect(ServerVersion(150_004).description == "15.4" && ServerVersion(150_004).major == 15)
        #expect(ServerVersion(140_000) == .oldest && ServerVersion(139_999) < .oldest)
    }
}
