import Faults
import InPlace
import InstanceAccess
import InstanceData
import LiveSupport
import Operations
import Repository
import Rotation
import TestSupport
import Testing

/// Saying of a key that nobody needs it any more.
@Suite struct KeyRetireTests {
    private static let other = "00112233445566778899aabbccddeeff"
    private let bench: Bench
    /// Of the key that the backup needs and keeps.
    private let label: String

    init() throws {
        bench = try Bench.october()
        label = try #require(
            try Inventory(bench.workplace().repository()).ownEntries.last?.manifest.infisical?.keyLabel)
    }

    /// Puts another key in its place.
    private func replaceKey() throws {
        let line = try #require(
            try bench.folder.text(".env").split(separator: "\n").first {
                $0.hasPrefix("INFISICAL_ENCRYPTION_KEY=") || $0.hasPrefix("ENCRYPTION_KEY=")
            })
        let name = try #require(line.split(separator: "=").first)
        try bench.editEnvFile(String(line), "\(name)=\(Self.other)")
    }

    private func operation(revokes: Bool = false) throws -> KeysRetireOperation {
        KeysRetireOperation(try bench.workplace(), revokes: revokes)
    }

    private func fault(_ body: () throws -> Void) -> (any Fault)? {
        do { try body() } catch { return .of(error) }
        return nil
    }

    private func row() throws -> KeyLedger.Row? {
        try KeysLedgerOperation(try bench.workplace()).perform().ledger.rows.first { $0.label == label }
    }

    // MARK: On a host

    @Test func `the ledger shows it, until it is taken back`() throws {
        try replaceKey()
        let plan = try operation().plan(label)
        #expect(plan.isNeeded && plan.retired == nil && plan.neededBy.count == 1)
        #expect(plan.warnings == ["no drill has opened a backup with the key \(label) as the backup keeps it"])
        #expect(try row()?.retired == nil)
        let time = try #require(try operation().perform(plan))
        #expect(try row()?.retired == time)
        // Said twice, it stays as it was.
        let again = try operation().plan(label)
        #expect(!again.isNeeded && again.retired == time)
        #expect(try operation().perform(plan) == time)
        let back = try operation(revokes: true).plan(label)
        #expect(back.isNeeded && back.retired == time && back.warnings.isEmpty)
        #expect(try operation(revokes: true).perform(back) == nil)
        #expect(try row()?.retired == nil)
        #expect(try !operation(revokes: true).plan(label).isNeeded)
    }

    @Test func `the key in force is refused`() throws {
        let fault = fault { _ = try operation().plan(label) }
        #expect(fault?.code == "key-retire.in-force" && fault?.exit == .refused)
        #expect(try row()?.retired == nil)
    }

    @Test func `one that comes into force meanwhile is refused, too`() throws {
        let before = try bench.folder.text(".env")
        try replaceKey()
        let plan = try operation().plan(label)
        try bench.folder.write(".env", before)
        let fault = fault { _ = try operation().perform(plan) }
        #expect(fault?.code == "key-retire.in-force")
        #expect(try row()?.retired == nil)
    }

    @Test(arguments: [false, true]) func `an unknown label is refused, and shows no control characters`(
        revokes: Bool
    ) throws {
        for text in [Self.other, "\u{1b}[2J"] {
            let fault = fault { _ = try operation(revokes: revokes).plan(text) }
            #expect(fault?.code == "key-retire.unknown-label" && fault?.exit == .refused)
            #expect(fault?.message.contains("\u{1b}") == false)
        }
    }

    @Test func `while it is not known which key is in force, none is retired`() throws {
        bench.namesEnvFile = false
        let fault = fault { _ = try operation().plan(label) }
        #expect(fault?.code == "key-retire.nothing-in-force" && fault?.exit == .refused)
    }

    @Test func `while a rotation is open, none is retired`() throws {
        try replaceKey()
        let plan = try operation().plan(label)
        _ = try RotationJournal(try bench.access()).begin(
            RotationWork(
                id: "20261129T120000Z-00000001", route: .encryptionKey, depth: .full,
                changes: [.init(variable: "ENCRYPTION_KEY", old: label, new: "2b")],
                server: DatabaseServer(identifier: "7", address: "db:5432"),
                database: DatabaseIdentity(name: bench.database, oid: 5), containers: [], files: []))
        let fault = fault { _ = try operation().perform(plan) }
        #expect(fault?.exit == .unfinishedRotation)
        #expect(try row()?.retired == nil)
    }

    // MARK: By the ledger alone

    /// The backup's entry under another id, with other keepers.
    private func entry(_ number: Int, _ change: (inout Manifest) -> Void) throws -> InventoryEntry {
        let entry = try #require(try Inventory(bench.workplace().repository()).ownEntries.last)
        var manifest = entry.manifest
        manifest.id = try #require(BackupID("2026112\(number)T020000Z-0000000\(number)"))
        change(&manifest)
        return InventoryEntry(manifest: manifest, sha256: entry.sha256, signer: entry.signer)
    }

    private func ledger(_ entries: [InventoryEntry], opened: String? = nil) -> KeyLedger {
        KeyLedger(entries, opened: { _ in opened }, inForce: ["2b"], replaced: [:])
    }

    @Test func `a backup that needs it and keeps none is named, whatever another keeps`() throws {
        let keeps = try entry(1) { _ in }, bare = try entry(2) { $0.escrow = nil }
        let elsewhere = try entry(3) { $0.infisical?.keyElsewhere = true }
        #expect(throws: KeyRetireFault.needed(label: label, by: [bare.id, elsewhere.id])) {
            try ledger([keeps, bare, elsewhere]).retirable(label)
        }
        let fault = KeyRetireFault.needed(label: label, by: [bare.id])
        #expect(fault.exit == .refused && fault.message.contains("the backup \(bare.id.text), and it does not keep it"))
        #expect(try ledger([keeps]).retirable(label).neededBy == [keeps.id])
    }

    @Test func `of many backups some are named`() throws {
        let bare = try (1...7).map { try entry($0) { $0.escrow = nil } }
        let fault = KeyRetireFault.needed(label: label, by: bare.map(\.id))
        #expect(fault.message.contains("by 7 backups: \(bare[0].id.text), "))
        #expect(fault.message.contains("\(bare[4].id.text) and 2 more, and they do not keep it"))
        #expect(!fault.message.contains(bare[5].id.text))
    }

    @Test func `what is not known is told`() throws {
        let keeps = try entry(1) { _ in },
            unknown = try [2, 3].map { number in
                try entry(number) {
                    $0.infisical?.keyLabel = nil
                    $0.infisical?.keys = []
                }
            }
        let drilled = ledger([keeps], opened: "2026-11-28T02:00:00Z")
        #expect(try drilled.concerns(drilled.retirable(label)).isEmpty)
        let one = ledger([keeps, unknown[0]], opened: "2026-11-28T02:00:00Z")
        #expect(
            try one.concerns(one.retirable(label)) == [
                "of the backup \(unknown[0].id.text) it is not known what key opens it; it may be this one"
            ])
        let two = ledger([keeps] + unknown)
        let texts = try two.concerns(two.retirable(label))
        #expect(texts.count == 2 && texts[1].hasPrefix("of 2 backups, the newest of them \(unknown[1].id.text), "))
    }
}
