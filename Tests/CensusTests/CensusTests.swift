import Census
import InfisicalData
import InfisicalStore
import InfisicalTables
import LiveSupport
import Postgres
import Testing

@Suite("Census of databases that a server filled")
struct CensusTests {
    private static func census(_ fixture: LiveFixture, _ holders: [KeyHolder]? = nil) throws -> CensusReport {
        try fixture.copied { connection in
            try connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            let tables = try LiveTables(InfisicalDatabase(connection))
            return try Census.take(of: tables, with: try holders ?? [fixture.holder])
        }
    }

    @Test(arguments: LiveFixture.allCases)
    func `every column is as an independent program counted it`(fixture: LiveFixture) throws {
        let report = try CensusTests.census(fixture)
        let found = Dictionary(report.columns.map { ($0.name, $0) }) { first, _ in first }
        for (name, expected) in try fixture.censusEntries() {
            let column = try #require(found[name], "\(name)")
            #expect(column.rows == expected.rows, "\(name)")
            #expect(column.opened == expected.opened, "\(name)")
            let keys = Dictionary(uniqueKeysWithValues: column.keys.map { ($0.key.rawValue, $0.value) })
            #expect(keys == expected.keys, "\(name)")
        }
        #expect(report.failed == 0)
        #expect(report.misplaced == 0)
        #expect(report.isProven)
    }
}
