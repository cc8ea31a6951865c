import Repository
import Testing

@Suite struct HoldingsTests {
    private func holdings(
        _ figures: [Holdings.Kind: Holdings.Figure], rootKey: String? = nil, instance: String? = nil, rows: Int = 100
    ) -> Holdings {
        Holdings(rows: rows, figures: figures, rootKey: rootKey, instance: instance)
    }

    private func losses(_ kind: Holdings.Kind, _ before: Int, _ now: Int) -> [Loss] {
        holdings([kind: .init(rows: now)]).losses(since: holdings([kind: .init(rows: before)]))
    }

    @Test(arguments: Holdings.Kind.allCases)
    func `less than half is a loss, half is none`(kind: Holdings.Kind) {
        let pairs: [(before: Int, now: Int, isLoss: Bool)] = [
            (0, 0, false), (0, 5, false), (1, 1, false), (1, 0, true), (2, 1, false), (2, 0, true), (3, 2, false),
            (3, 1, true), (100, 50, false), (100, 49, true), (101, 51, false), (101, 50, true), (100, 1000, false),
            (Int.max, Int.max, false), (Int.max, 1, true), (Int.max, Int.max / 2, true), (1, Int.max, false),
        ]
        for pair in pairs {
            let expected: [Loss] = pair.isLoss ? [.fewer(kind, before: pair.before, now: pair.now)] : []
            #expect(losses(kind, pair.before, pair.now) == expected, "\(pair)")
        }
    }

    @Test func `what users see counts where both know it, else the rows`() {
        let before = holdings([.secrets: .init(rows: 1560, visible: 780)])
        // The rows that an upgrade left behind are cleaned away.
        #expect(holdings([.secrets: .init(rows: 779, visible: 779)]).losses(since: before) == [])
        #expect(
            holdings([.secrets: .init(rows: 1560, visible: 10)]).losses(since: before)
                == [.fewer(.secrets, before: 780, now: 10)])
        #expect(
            holdings([.secrets: .init(rows: 779)]).losses(since: before)
                == [.fewer(.secrets, before: 1560, now: 779)])
    }

    @Test func `of no rows nobody sees any, whether they were counted or the table is gone`() {
        let before = holdings([.projects: .init(rows: 14, visible: 13)])
        for now in [Holdings.Figure(rows: 0), .init(rows: 0, visible: 0), .init(rows: 1, visible: 0)] {
            #expect(
                holdings([.projects: now]).losses(since: before) == [.fewer(.projects, before: 13, now: 0)], "\(now)")
        }
        // Back again from nothing there is nothing to lose.
        #expect(before.losses(since: holdings([.projects: .init(rows: 0)])) == [])
    }

    @Test func `another root key and another instance are losses where both are known`() {
        let known = holdings([:], rootKey: "a", instance: "i"), none = holdings([:])
        #expect(known.losses(since: known) == [] && known.losses(since: none) == [] && none.losses(since: known) == [])
        #expect(
            holdings([:], rootKey: "b", instance: "j").losses(since: known)
                == [.otherRootKey(before: "a", now: "b"), .otherInstance(before: "i", now: "j")])
    }

    @Test func `a database that is not Infisical's is shrunk when it has no row left`() {
        #expect(holdings([:], rows: 0).losses(since: holdings([:], rows: 7)) == [.noRows(before: 7)])
        #expect(holdings([:], rows: 1).losses(since: holdings([:], rows: 700)) == [])
        #expect(holdings([:], rows: 0).losses(since: holdings([:], rows: 0)) == [])
    }

    @Test func `the first backup is good when anything in it was made by people`() {
        let made: [Holdings.Kind] = [.users, .organizations, .projects, .secrets]
        for kind in made { #expect(holdings([kind: .init(rows: 1)]).emptiness(isInfisical: true) == []) }
        #expect(
            holdings([.rootKeys: .init(rows: 1), .kmsKeys: .init(rows: 1)]).emptiness(isInfisical: true) == [.nothing])
        #expect(holdings([:], rows: 0).emptiness(isInfisical: false) == [.nothing])
        #expect(holdings([:], rows: 1).emptiness(isInfisical: false) == [])
    }

    @Test func `figures come out of the manifest's own tables`() throws {
        let sample = try SampleRepository()
        var manifest = try sample.backup([])
        func table(_ name: String, _ rows: Int, schema: String = "public") -> Manifest.Database.Table {
            .init(
                schema: schema, name: name, format: .binary, columns: [], rows: rows, digest: "", bytes: 0, copy: "",
                ranges: [])
        }
        let tables = [
            table("kms_root_config", 3), table("internal_kms", 14), table("kms_keys", 17), table("users", 8),
            table("organizations", 1), table("projects", 5), table("secrets", 10), table("secrets_v2", 20),
            table("audit_logs", 9000), table("users", 70, schema: "other"),
        ]
        manifest.databases[0].tables = tables
        manifest.databases[0].server.systemIdentifier = "77"
        var audit = manifest.databases[0]
        audit.role = "audit-logs"
        manifest.databases.append(audit)
        // As a release before wrote it: nothing but the counts that were there then.
        manifest.infisical = .init(
            era: "S4", migration: nil, migrations: 1, verdict: .opens, keys: [], keyLabel: nil, users: 3, projects: 4,
            secrets: nil)
        let holdings = Holdings(manifest)
        #expect(holdings[.rootKeys] == .init(rows: 1), "wraps of one root key are one")
        #expect(holdings[.kmsKeys] == .init(rows: 14) && holdings[.users] == .init(rows: 8, visible: 3))
        #expect(holdings[.projects] == .init(rows: 5, visible: 4) && holdings[.secrets] == .init(rows: 30))
        #expect(holdings[.organizations] == .init(rows: 1) && holdings.rows == 9148 && holdings.server == "77")
        #expect(holdings.rootKey == nil && holdings.instance == nil)
        // The first KMS.
        manifest.databases[0].tables.removeAll { $0.name == "internal_kms" }
        #expect(Holdings(manifest)[.kmsKeys] == .init(rows: 17))
    }

    @Test func `every loss is told in words without a value in it`() {
        let all: [Loss] = [
            .fewer(.users, before: 3, now: 0), .fewer(.secrets, before: 786, now: 12), .noRows(before: 9),
            .otherRootKey(before: "a", now: "b"), .otherInstance(before: "i", now: "j"), .nothing,
        ]
        #expect(
            all.map(\.text) == [
                "no users (before: 3)", "12 secrets (before: 786)", "no rows (before: 9)", "another root key",
                "the instance j (before: i)", "no user, organization, project or secret",
            ])
        #expect(all.map(\.what) == ["users", "secrets", "rows", "rootKey", "instance", "nothing"])
        #expect(all.compactMap { $0.sides?.now } == ["0", "12", "0", "b", "j"])
    }
}
