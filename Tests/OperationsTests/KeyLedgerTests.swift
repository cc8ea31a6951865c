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

/// Which backup needs which key, and where it is kept.
@Suite struct KeyLedgerTests {
    private static let other = "00112233445566778899aabbccddeeff"

    private func report(_ bench: Bench) throws -> KeysLedgerOperation.Report {
        try KeysLedgerOperation(try bench.workplace()).perform()
    }

    private func label(_ bench: Bench) throws -> String {
        try #require(try Inventory(bench.workplace().repository()).ownEntries.last?.manifest.infisical?.keyLabel)
    }

    @Test func `a key that is in force and kept`() throws {
        let bench = try Bench.october(), label = try label(bench), report = try report(bench)
        let row = try #require(report.ledger.rows.first { $0.label == label })
        #expect(row.isInForce && row.neededBy.count == 1 && row.keptIn == row.neededBy)
        // Nothing was drilled yet.
        #expect(row.opened == nil && !row.isLost && !row.isOnlyInForce && report.exit == .done)
    }

    @Test func `an earlier key is kept by the backups that were taken with it`() throws {
        let bench = try Bench.october(), label = try label(bench)
        let old = try #require(
            try bench.folder.text(".env").split(separator: "\n").first {
                $0.hasPrefix("INFISICAL_ENCRYPTION_KEY=") || $0.hasPrefix("ENCRYPTION_KEY=")
            })
        let name = try #require(old.split(separator: "=").first)
        try bench.editEnvFile(String(old), "\(name)=\(Self.other)")
        let report = try report(bench)
        let row = try #require(report.ledger.rows.first { $0.label == label })
        #expect(!row.isInForce && row.keptIn.count == 1 && !row.isLost && report.exit == .done)
        #expect(report.ledger.rows[0].isInForce && report.ledger.rows[0].neededBy.isEmpty)
    }

    @Test func `a backup of which nobody knows what key it needs is named`() throws {
        let bench = try Bench(.october)
        // Taken where the key was not on the host.
        bench.instanceLines += ["key: elsewhere"]
        let line = try #require(
            try bench.folder.text(".env").split(separator: "\n").first { $0.contains("ENCRYPTION_KEY=") })
        try bench.editEnvFile(String(line), "# none")
        try bench.backup()
        let report = try report(bench)
        #expect(report.ledger.unknown.count == 1 && report.exit == .partial)
    }

    @Test func `the rotation that replaced a key is named`() throws {
        let bench = try Bench.october(), label = try label(bench), journal = try RotationJournal(try bench.access())
        _ = try journal.begin(
            RotationWork(
                id: "20261129T120000Z-00000001", route: .encryptionKey, depth: .full,
                changes: [.init(variable: "ENCRYPTION_KEY", old: label, new: "2b")],
                server: DatabaseServer(identifier: "7", address: "db:5432"),
                database: DatabaseIdentity(name: bench.database, oid: 5), containers: [], files: []))
        try journal.add(.entered(.rotated))
        let row = try #require(try report(bench).ledger.rows.first { $0.label == label })
        #expect(row.replacedBy == "20261129T120000Z-00000001")
    }
}
