import Faults
import Glibc
import InfisicalData
import InstanceAccess
import LiveSupport
import Operations
import Postgres
import Rekeying
import Repository
import Secrets
import TestSupport
import Testing

@testable import Rotating
@testable import Rotation

/// What keeps a rotation from being begun: each is told with what to do, and nothing is written.
@Suite struct RotationRefusalTests {
    private let site: RotationBench
    private var bench: Bench { site.bench }

    init() throws { site = try RotationBench() }

    private func refused(
        _ change: (inout EncryptionKeyRotation.Options) -> Void = { _ in }
    ) throws -> (any Fault)? {
        do { try site.rotate(change) } catch {
            let fault: any Fault = .of(error)
            #expect(!fault.hints.isEmpty, "\(fault.code) says what is wrong, and not what to do")
            #expect(try site.envFile() == site.before && site.inForce() == "old" && !site.isDown)
            #expect(!site.exists("state/rotation.journal") && !site.exists("state/rotation.identity"))
            return fault
        }
        return nil
    }

    @Test func `a new key that is none, or is the old one`() throws {
        let keys: [(String, String, ExitCode)] = [
            ("ENCRYPTION_KEY=abc", "rotation.unusable-value", .refused),
            ("ENCRYPTION_KEY=\(RotationBench.new)\(RotationBench.new)", "rotation.unusable-value", .refused),
            ("ENCRYPTION_KEY=\(RotationBench.old)", "rotation.same-value", .refused),
            ("OTHER=1", "rotation.other-variables", .refused),
            ("ROOT_ENCRYPTION_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "rotation.other-variables", .refused),
        ]
        for (line, code, exit) in keys {
            try bench.folder.write("new.env", line + "\n")
            let fault = try refused()
            #expect(fault?.code == code && fault?.exit == exit, "\(line): \(fault as Any)")
        }
        #expect(try refused { $0.only = .rootEncryptionKey }?.code == "rotation.not-set")
    }

    @Test func `an instance that does not work, or of which nobody could say that it works`() throws {
        _ = bench.folder.run("touch down")
        let sick = { () throws -> (any Fault)? in
            do { try site.rotate() } catch { return .of(error) }
            return nil
        }
        #expect(try sick()?.exit == .unhealthy)
        _ = bench.folder.run("rm down")
        site.use(start: "rm -f down", url: false)
        #expect(try refused()?.code == "rotation.uncheckable")
    }

    @Test func `a value that no key opens, unless a list says that it stays`() throws {
        try bench.sql(
            "UPDATE public.webhooks SET \"urlCipherText\" = 'AAAA' WHERE id = (SELECT min(id::text)::uuid FROM public.webhooks)"
        )
        let fault = try refused()
        #expect(fault?.code == "rekeying.closed" && fault?.exit == .damaged)
        let row = try bench.sql("SELECT min(id::text) AS id FROM public.webhooks").only().string("id")
        let name = "webhooks.urlCipherText of the row \(row)"
        #expect(
            fault?.message.contains(name) == true || fault?.hints.description.contains(name) == true, "\(fault as Any)")
        try bench.folder.write("list", name + "\n\n")
        let report = try site.rotate { $0.leavesFile = bench.folder.path("list") }
        #expect(report.isRotated && report.exit == .partial && report.left.contains { $0.contains(name) })
    }

    @Test func `a list that names nothing`() throws {
        try bench.folder.write("list", "\nwebhooks\n")
        let fault = try refused { $0.leavesFile = bench.folder.path("list") }
        #expect(fault?.code == "rotation.bad-list" && fault?.message.contains("line 2") == true)
    }

    @Test func `a session of somebody else`() throws {
        let endpoint = try LiveServer.get().endpoint(database: bench.database)
        let other = try ChildProcess(
            "psql",
            ["-h", endpoint.host, "-p", "\(endpoint.port)", "-U", "postgres", "-d", bench.database, "-Atq"])
        defer { other.closeInput() }
        for _ in 0..<100
        where try bench.sql(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'psql'"
        ).isEmpty { usleep(100_000) }
        #expect(try refused()?.code == "postgres.unknown-clients")
    }

    @Test func `a rehearsal where nothing can be started on a copy`() throws {
        try bench.backup()
        let workplace = try bench.workplace(), plan = try EncryptionKeyRotation(workplace, site.options()).plan()
        let before = try Inventory(workplace.repository()).entries.count
        var refused: (any Fault)?
        do {
            _ = try RotationRehearsal(workplace, plan).perform(progress: BackupProgress()) { _ in }
        } catch { refused = .of(error) }
        #expect(refused?.code == "drill.no-backend" && refused?.exit == .refused)
        #expect(try Inventory(workplace.repository()).entries.count == before && site.envFile() == site.before)
    }

    @Test func `a copy of the key inside of Infisical`() throws {
        let workplace = try bench.workplace()
        // The fixture has one, as the usage guide has it; without a choice nothing is begun.
        let own = try StoredCopies(of: ["ENCRYPTION_KEY": Secret(testing: RotationBench.old)], workplace).copies
        #expect(own.contains { $0.name == "INFISICAL_ENCRYPTION_KEY" && $0.wouldWin })
        #expect(try refused { $0.storedCopies = .init() }?.code == "rotation.stored-copies")
        // As if these were the instance's own: a secret of the fixture, by its value and by a part of it.
        let value = Secret(testing: "Jazg9Do5koEtqZlne220IDzaBQbuW29HHgaKrCmWU270")
        let found = try StoredCopies(of: ["SMTP_SECRET_1": value], workplace)
        #expect(found.unread.isEmpty && found.copies.map(\.project) == ["harbour-api"])
        #expect(found.copies.map(\.environment) == ["dev"] && found.copies.allSatisfy(\.wouldWin))
        #expect(found.lines.count == 2 && !found.lines[1].contains("Jazg9"))
        let parts = try StoredCopies(of: ["SMTP_SECRET_1": Secret(testing: "Jazg9Do5koEtqZlne220")], workplace).copies
        #expect(parts.map(\.isWhole) == [false] && !parts[0].wouldWin)
        #expect(try StoredCopies(of: ["OTHER": value], workplace).copies.map(\.wouldWin) == [false])
        let changed = ["SMTP_SECRET_1": (old: value, new: Secret(testing: RotationBench.new))]
        #expect(try RotationGround.copies(of: changed, workplace, choice: .init(.list)).copies.count == 1)
        #expect(throws: RotationRefusal.storedCopies(found.copies.map(\.text), canBeRemoved: true, hasIdentity: false))
        {
            try RotationGround.copies(of: changed, workplace, choice: .init())
        }
        // One that is called otherwise is exchanged where its place is given, and only whole.
        let other = try StoredCopies(
            of: ["OTHER": value], workplace, choice: .init(.update, places: [found.copies[0].place]))
        #expect(other.written.map(\.place.name) == ["SMTP_SECRET_1"] && other.unknown.isEmpty && other.listed.isEmpty)
        #expect(found.copies[0].place == found.copies[0].text)
        let part = try StoredCopies(
            of: ["SMTP_SECRET_1": Secret(testing: "Jazg9Do5koEtqZlne220")], workplace,
            choice: .init(.remove, places: [parts[0].place]))
        #expect(part.written.isEmpty && part.unknown == [parts[0].place] && part.listed.count == 1)
        let unknown = RotationRefusal.unknownCopy("harbour-api/dev/none")
        #expect(throws: unknown) {
            try RotationGround.copies(
                of: changed, workplace, choice: .init(.list, places: ["harbour-api/dev/none"]))
        }
    }
}
