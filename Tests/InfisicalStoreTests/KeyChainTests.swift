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
        for role in report.roles { #expect(!role.isDisproven, "\(role.words)") }
        guard case .opens = report.verdict else {
            Issue.record("\(report.summary)")
            return
        }
        #expect(report.findings == [])
        #expect(report.firstBroken == nil)
        let tried = { (role: RoleTrial.Role) in report[role]?.samples ?? 0 }
        #expect(tried(.kmsKeys) > 2 && tried(.dataValues) > 2, "\(report.roles.map(\.words))")
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
}
