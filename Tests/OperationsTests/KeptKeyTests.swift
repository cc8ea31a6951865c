import Effects
import Faults
import InstanceAccess
import Operations
import Repository
import TestSupport
import Testing

/// Where the right key lies when the one in force is another.
@Suite struct KeptKeyTests {
    private let whole: Manifest
    private let old = String(repeating: "a", count: 32), new = String(repeating: "b", count: 32)

    init() throws {
        let bench = try Bench(copying: try PreparedRepository.ofOctober())
        whole = try #require(try Inventory(try bench.workplace().repository()).entries.first).manifest
    }

    /// A backup whose key has a label.
    private func backup(
        _ number: UInt32, _ label: String?, _ verdict: Manifest.KeyTrial.Outcome = .opens
    ) throws -> InventoryEntry {
        var manifest = whole, record = try #require(whole.infisical)
        record.keys = [.init(role: "root-wrap", outcome: verdict, label: verdict == .opens ? label : nil, note: nil)]
        (record.verdict, record.keyLabel) = (verdict, label)
        (manifest.id, manifest.sequence) = (.init(started: .init(seconds: 0), random: number), Int(number))
        manifest.infisical = record
        return InventoryEntry(manifest: manifest, sha256: "", signer: "")
    }

    @Test func `the newest that keeps the key with the label that is needed comes first`() throws {
        let entries = try [
            backup(1, old), backup(2, old), backup(3, new), backup(4, new), backup(5, old, .doesNotOpen),
        ]
        let keepers = KeyKeepers(entries, counting: Set(entries.map(\.id)))
        let best = try #require(keepers.best())
        #expect(best.id == entries[3].id && KeptKey(best).label == new)
        #expect(keepers.best(needed: old)?.id == entries[1].id && keepers.keeper(of: old)?.id == entries[1].id)
        #expect(keepers.best(needed: "other")?.id == entries[3].id && keepers.keeper(of: "other") == nil)
        // What was tried and opens nothing is not what is looked for, unless there is nothing else.
        #expect(keepers.best(closed: [new])?.id == entries[1].id)
        #expect(keepers.best(closed: [new, old])?.id == entries[3].id)
        #expect(KeyKeepers(Array(entries.suffix(1)), counting: []).best(needed: old) == nil)
        #expect(keepers.best(of: "another instance") == nil)
    }

    @Test func `those that count come before those that are shrunk, however new`() throws {
        let entries = try [backup(1, old), backup(2, new), backup(3, new), backup(4, old)]
        let keepers = KeyKeepers(entries, counting: [entries[0].id, entries[1].id])
        #expect(keepers.best()?.id == entries[1].id && keepers.newestWhole?.id == entries[1].id)
        #expect(keepers.keeper(of: old)?.id == entries[0].id && keepers.keeper(of: new)?.id == entries[1].id)
        let shrunk = KeyKeepers(entries, counting: [])
        #expect(shrunk.best()?.id == entries[3].id && shrunk.newestWhole == nil)
    }

    @Test func `the env file is named where only one can be it`() throws {
        let entry = try backup(1, old), end = " back into the instance's env file"
        let name = try #require(entry.manifest.escrow?.names.first)
        let put = Hint.check("put the ENCRYPTION_KEY of kept-files/\(name)\(end)")
        #expect(KeptKey(entry).hints[1] == put)
        var manifest = entry.manifest
        manifest.escrow?.names = ["docker-compose.yml", "a.env", "b.env"]
        let several = KeptKey(InventoryEntry(manifest: manifest, sha256: "", signer: ""))
        let both =
            "the one of kept-files/a.env and kept-files/b.env whose key has the label \(old) (keys label --key-file FILE says it)"
        #expect(several.hints[1] == .check("put the ENCRYPTION_KEY of \(both)\(end)"))
    }

    private func warning(of entry: InventoryEntry, _ entries: [InventoryEntry]) -> String? {
        KeptKey.warning(of: entry, KeyKeepers(entries, counting: Set(entries.map(\.id))))
    }

    @Test func `whoever takes out files without the right key is told which backup keeps that`() throws {
        let before = try [backup(1, old), backup(2, new)]
        let known = try backup(3, old, .doesNotOpen)
        #expect(
            try #require(warning(of: known, before + [known])).hasSuffix(
                "; the key that it needs (label \(old)) is kept with the backup \(before[0].id.text); run: infisical-ops "
                    + "restore \(before[0].id.text) --files kept-files"))
        let lost = try backup(3, "c", .doesNotOpen)
        #expect(
            try #require(warning(of: lost, before + [lost])).contains(
                "; it needs the key with the label c, which no backup here keeps; the newest backup with a key that opened "
                    + "everything is \(before[1].id.text) (label \(new)); run: "))
        let unknown = try backup(3, nil, .doesNotOpen)
        #expect(
            try #require(warning(of: unknown, before + [unknown])).contains(
                "opened all of its data; the newest backup with a key that opened everything is \(before[1].id.text)"))
        #expect(try warning(of: backup(3, new), before) == nil)
    }
}
