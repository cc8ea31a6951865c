import Repository
import Testing

/// What two manifests say of each other.
@Suite struct BackupDifferenceTests {
    private let before: Manifest

    init() throws { before = try SampleRepository().backup([[1, 2, 3]]) }

    private func difference(_ edit: (inout Manifest) -> Void) -> BackupDifference.Database {
        var after = before
        edit(&after)
        return BackupDifference(from: before, to: after).databases[0]
    }

    @Test func `a backup does not differ from itself`() {
        #expect(BackupDifference(from: before, to: before).isSame)
    }

    @Test func `content is compared only where both digests mean the same`() throws {
        var same = before
        same.databases[0].tables[0].rows = max(before.databases[0].tables[0].rows, 1)
        #expect(BackupDifference(from: same, to: same).databases[0].tables.isEmpty)
        func compared(_ edit: (inout Manifest) -> Void) -> BackupDifference.Verdict? {
            var after = same
            edit(&after)
            return BackupDifference(from: same, to: after).databases[0].tables.first?.content
        }
        #expect(compared { $0.databases[0].tables[0].digest = "0" } == .differs)
        #expect(compared { $0.databases[0].tables[0].rows += 1 } == .differs)
        #expect(compared { $0.databases[0].tables[0].columns.append("new") } == .notComparable)
        #expect(compared { $0.key.generation += 1 } == .notComparable)
        #expect(compared { $0.repository = "another" } == .notComparable)
        let format = same.databases[0].tables[0].format
        #expect(
            compared { $0.databases[0].tables[0].format = format == .text ? .binary : .text } == .notComparable)
        var text = same
        text.databases[0].tables[0].format = .text
        var newer = text
        newer.databases[0].server.number += 10_000
        #expect(BackupDifference(from: text, to: newer).databases[0].tables.first?.content == .notComparable)
        // An empty table holds the same whatever the keys.
        var empty = same
        empty.databases[0].tables[0].rows = 0
        var rekeyed = empty
        rekeyed.key.generation += 1
        #expect(BackupDifference(from: empty, to: rekeyed).databases[0].tables.isEmpty)
    }

    @Test func `databases, sequences, schema and properties that came, went or changed are named`() throws {
        let name = try #require(ChunkName(hex: String(repeating: "0b", count: 32)))
        let found = difference {
            $0.databases[0].schema.postData.append(name)
            $0.databases[0].sequences = [.init(schema: "public", name: "s", last: 7, called: false)]
            $0.databases[0].owner = "somebody"
            $0.databases[0].settings.append(.init(role: "r", assignment: "a=b"))
        }
        #expect(found.schema == .differs && !found.isSame)
        #expect(found.sequences.contains { $0.name == "public.s" && $0.after == "7 (not used yet)" })
        #expect(found.properties.contains { $0.name == "owner" && $0.after == "somebody" })
        #expect(found.properties.contains { $0.name == "settings" && $0.after?.contains("r: a=b") == true })
        let other = difference {
            $0.databases[0].schema.postData.append(name)
            $0.databases[0].schema.pgDump = "99.1"
        }
        #expect(other.schema == .notComparable)
        var more = before
        more.databases.append(before.databases[0])
        more.databases[1].role = "audit-logs"
        #expect(BackupDifference(from: before, to: more).databasesAdded == ["audit-logs"])
        #expect(BackupDifference(from: more, to: before).databasesRemoved == ["audit-logs"])
        #expect(!BackupDifference(from: more, to: before).isSame)
    }
}
