import InfisicalData
import LiveSupport
import Rekeying
import Testing

@Suite("Rekeying of every era and every form of the keys")
struct RekeyingEraTests {
    typealias Keys = RekeyedDatabase.Keys

    @Test(arguments: 1...8, RekeyingDepth.allCases)
    func `a database of the era is whole under the new key`(era: Int, depth: RekeyingDepth) throws {
        let database = try RekeyedDatabase(era: era)
        let before = try database.look(database.keys)
        #expect(try database.survey(to: .next, depth).closed.isEmpty)
        try database.rekey(to: .next, depth)
        try database.look(.next).expectEquals(before, "S\(era) \(depth)")
    }

    @Test(
        arguments: [
            (1, "both", Keys.nextBoth), (5, "both", .nextBoth), (4, "both-old-rows", .nextBoth), (7, "root", .nextRoot),
            (7, "fips", .nextFIPS), (8, "fips", .nextFIPS), (6, "both", .next), (8, "both", .nextRoot),
        ], [RekeyingDepth.full, .rekey])
    func `keys of every form are exchanged`(made: (era: Int, keys: String, new: Keys), depth: RekeyingDepth) throws {
        let database = try RekeyedDatabase(era: made.era, keys: made.keys)
        let before = try database.look(database.keys)
        try database.rekey(to: made.new, depth)
        try database.look(made.new).expectEquals(before, "S\(made.era) \(made.keys) \(depth)")
    }

    @Test(arguments: [LiveFixture.july, .s8])
    func `a key becomes one of another form, both, one of both, and the first again`(fixture: LiveFixture) throws {
        let database = try RekeyedDatabase(fixture)
        let first = database.keys, before = try database.look(first)
        var half = Keys.nextBoth
        half.encryption = Keys.third.encryption
        for new in [Keys.nextRoot, .nextBoth, half, .third, first] {
            try database.rekey(to: new)
            try database.look(new).expectEquals(before, "\(fixture) to \(new.text)")
        }
    }

    @Test(
        arguments: [
            (7, "odd"), (7, "upgraded"), (5, "split"), (4, "misplaced"), (6, "residue"), (8, "rotated_natively"),
        ],
        RekeyingDepth.allCases)
    func `databases with what few instances have`(made: (era: Int, scenario: String), depth: RekeyingDepth) throws {
        let database = try RekeyedDatabase(era: made.era, scenario: made.scenario)
        let before = try database.look(database.keys)
        let change = { (rekeying: inout Rekeying) in rekeying.replacesStaged = true }
        let closed = try database.survey(to: .next, depth, change).closed
        // Only what the server left behind under a key that is gone.
        #expect(closed.isEmpty == (made.scenario != "residue"))
        let report = try database.rekey(to: .next, depth) { rekeying in
            change(&rekeying)
            rekeying.leaves = Set(closed.keys)
        }
        #expect(Set(report.left).isSubset(of: closed.keys))
        let after = try database.look(.next)
        if made.scenario == "rotated_natively" {
            #expect(after.problems == [] && after.dead == [] && after.misnamed == [])
            #expect(after.wraps == 1)
            #expect(after.values == before.values)
        } else {
            after.expectEquals(before, "\(made) \(depth)")
        }
    }
}
