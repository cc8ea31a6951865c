import Effects
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
        #expect(KeptKey(entries)?.backup == entries[3].id.text && KeptKey(entries)?.label == new)
        #expect(KeptKey(entries, needed: old)?.backup == entries[1].id.text)
        #expect(KeptKey(entries, needed: "other")?.backup == entries[3].id.text)
        // What was tried and opens nothing is not what is looked for, unless there is nothing else.
        #expect(KeptKey(entries, closed: [new])?.backup == entries[1].id.text)
        #expect(KeptKey(entries, closed: [new, old])?.backup == entries[3].id.text)
        #expect(KeptKey(Array(entries.suffix(1)), needed: old) == nil)
        #expect(KeptKey(entries, of: "another instance") == nil)
    }

    @Test func `whoever takes out files without the right key is told which backup keeps that`() throws {
        let before = try [backup(1, old), backup(2, new)]
        let known = try backup(3, old, .doesNotOpen)
        #expect(
            try #require(KeptKey.warning(of: known, before + [known])).hasSuffix(
                "; the key that it needs (label \(old)) is kept with the backup \(before[0].id.text); run: infisical-ops "
                    + "restore \(before[0].id.text) --files DIR"))
        let lost = try backup(3, "c", .doesNotOpen)
        #expect(
            try #require(KeptKey.warning(of: lost, before + [lost])).contains(
                "; it needs the key with the label c, which no backup here keeps; the newest backup with a key that opened "
                    + "everything is \(before[1].id.text) (label \(new)); run: "))
        let unknown = try backup(3, nil, .doesNotOpen)
        #expect(
            try #require(KeptKey.warning(of: unknown, before + [unknown])).contains(
                "opened all of its data; the newest backup with a key that opened everything is \(before[1].id.text)"))
        #expect(try KeptKey.warning(of: backup(3, new), before) == nil)
    }
}
