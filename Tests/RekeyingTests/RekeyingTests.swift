import InfisicalData
import LiveSupport
import Rekeying
import Testing

@Suite("Rekeying of databases that a server filled")
struct RekeyingTests {
    @Test(arguments: LiveFixture.allCases, RekeyingDepth.allCases)
    func `every value holds what it held, and no key of before opens any`(
        fixture: LiveFixture, depth: RekeyingDepth
    ) throws {
        let database = try RekeyedDatabase(fixture)
        let before = try database.look(database.keys)
        let survey = try database.survey(to: .next, depth)
        #expect(survey.closed.isEmpty)
        let report = try database.rekey(to: .next, depth)
        let after = try database.look(.next)
        after.expectEquals(before, "\(fixture) \(depth)")
        #expect(report.rewritten > 0 || fixture == .s7)
        #expect(report.left == [])
        #expect(report.label == RekeyedDatabase.Keys.next.environment.rootCandidate?.label)
        #expect(after.wraps == before.wraps)
        // A second time there is nothing to do.
        let content = try database.content()
        let again = try database.rekey(to: .next, .full, from: [.next])
        #expect(again.rewritten == 0)
        #expect(try database.content() == content)
    }
}
