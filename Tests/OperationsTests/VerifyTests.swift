import DurableFiles
import Effects
import Faults
import InstanceAccess
import Operations
import Repository
import TestSupport
import Testing

/// Checks of backups in this process: how deep, how much, and what they claim.
@Suite struct VerifyTests {
    private func verify(
        _ bench: Bench, _ change: (inout VerifyOperation.Options) -> Void = { _ in }
    ) throws -> VerifyOperation.Report {
        var options = VerifyOperation.Options()
        options.threads = 2
        change(&options)
        return try VerifyOperation(try bench.workplace(), options).perform(progress: Verification.Progress())
    }

    private func standings(_ bench: Bench) throws -> [ProofStore.Standing] {
        let repository = try bench.workplace().repository()
        return try BackupOverview.all(try Inventory(repository), repository).map(\.standing)
    }

    @Test func `the latest is read whole, and that is written down`() throws {
        let bench = try Bench.small(), report = try verify(bench)
        #expect(report.exit == .done && report.depth == .readable && report.outcomes.map(\.proven) == [.readable])
        #expect(report.findings.isEmpty && report.chunks > 3 && report.bytes > 100_000)
        #expect(report.unrecorded == nil && report.shallow == nil)
        #expect(try standings(bench).map(\.level) == [nil, .readable])
    }

    @Test func `stored needs no key, and all means all`() throws {
        let bench = try Bench.small()
        let report = try verify(bench) {
            $0.all = true
            $0.level = .stored
        }
        #expect(report.outcomes.map(\.proven) == [.stored, .stored] && report.depth == .stored)
        #expect(try standings(bench).map(\.level) == [.stored, .stored])
    }

    @Test func `a sample proves nothing about the rest`() throws {
        let bench = try Bench.small(), whole = try verify(bench).chunks
        let report = try verify(bench) { $0.sample = 30 }
        #expect(report.chunks < whole && report.chunks > 0 && report.outcomes.map(\.proven) == [nil])
        #expect(report.sample == 30 && report.exit == .done)
    }

    @Test func `backups are named by the beginning of their ids, each is looked at once`() throws {
        let prepared = try PreparedRepository.ofSmall(), bench = try Bench(copying: prepared)
        let report = try verify(bench) { $0.ids = [prepared.ids[0], "latest", prepared.ids[1]] }
        #expect(report.outcomes.map(\.entry.id.text) == prepared.ids)
        let unknown = fault { try verify(bench) { $0.ids = ["1999"] } }
        #expect(unknown?.code == "repository.no-such-backup" && unknown?.exit == .notFound)
        let empty = try Bench(nil)
        #expect(fault { try verify(empty) { $0.all = true } }?.code == "repository.no-backups")
        #expect(fault { try verify(empty) }?.exit == .notFound)
    }

    @Test func `without the identity the look is less deep, unless it was asked for`() throws {
        let bench = try Bench.small(), host = try bench.hostFolder()
        try bench.shell("mv '\(host)/identity.txt' id.txt")
        let shallow = try verify(bench)
        #expect(shallow.depth == .stored && shallow.shallow?.contains("nothing was decrypted") == true)
        let refused = fault { try verify(bench) { $0.level = .readable } }
        #expect(refused?.code == "repository.identity-missing")
        let path = bench.folder.path("id.txt")
        #expect(try verify(bench) { $0.identityFile = path }.depth == .readable)
        try bench.seal("id.txt", passphrase: "horse", to: "sealed.age")
        bench.repositoryLines = ["identity_file: \(bench.folder.path("sealed.age"))"]
        let sealed = try verify(bench)
        #expect(sealed.shallow?.contains("sealed") == true && sealed.exit == .partial && !sealed.shallowHints.isEmpty)
        #expect(try verify(bench) { $0.level = .stored }.exit == .done)
        bench.passphrase = "horse"
        #expect(try verify(bench).depth == .readable)
        try bench.folder.write("other.txt", "AGE-SECRET-KEY-1")
        let broken = bench.folder.path("other.txt")
        #expect(fault { try verify(bench) { $0.identityFile = broken } }?.message.contains("other.txt") == true)
    }

    @Test(arguments: [ProofLevel.stored, .readable])
    func `a damaged chunk hurts every backup that needs it`(level: ProofLevel) throws {
        let bench = try Bench.small(), chunk = try bench.sharedChunk()
        try bench.flip(chunk)
        let report = try verify(bench) { $0.level = level }
        #expect(report.exit == .damaged && report.damage.map(\.subject) == [chunk])
        #expect(report.outcomes.map(\.damaged) == [true] && report.outcomes.map(\.proven) == [nil])
        #expect(report.damage[0].backups.count == 2 && report.damage[0].code.hasPrefix("repository.chunk-"))
        // Damage is written down for the backup too that was not asked about.
        #expect(try standings(bench).allSatisfy { $0.damaged != nil })
        try bench.shell("rm repository/\(chunk)")
        #expect(try verify(bench).exit == .damaged)
    }

    @Test func `a damaged manifest is found, and the rest is looked at all the same`() throws {
        let prepared = try PreparedRepository.ofSmall(), bench = try Bench(copying: prepared)
        try bench.flip("backups/\(prepared.ids[1]).json")
        let report = try verify(bench) { $0.ids = prepared.ids }
        #expect(report.exit == .damaged && report.outcomes.map(\.entry.id.text) == [prepared.ids[0]])
        #expect(report.outcomes.map(\.proven) == [.readable])
        #expect(report.damage.contains { $0.subject == "backups/\(prepared.ids[1]).json" })
    }

    @Test func `what harms no backup is a note`() throws {
        let bench = try Bench.small(), name = String(repeating: "0", count: 64), chunk = try bench.stored("chunks")[0]
        try bench.shell(
            """
            cd repository && mkdir -p chunks/00 && echo x >chunks/00/\(name).zst.age && echo x >backups/notes.txt &&
            echo x >tmp/.tmp-0123456789abcdef && chmod 644 \(chunk)
            """)
        let report = try verify(bench) { $0.all = true }
        #expect(
            report.exit == .done && report.damage.isEmpty && report.outcomes.map(\.proven) == [.readable, .readable])
        let codes = Set(report.notes.map(\.code))
        for code in ["unnamed-chunk", "unknown-file", "temporary-file", "wrong-mode"] {
            #expect(codes.contains("repository.\(code)"), "\(codes)")
        }
    }

    @Test func `a host that only knows the fingerprint verifies, and writes nothing down`() throws {
        let bench = try Bench.small(), host = try bench.hostFolder()
        let signer = try bench.workplace().repository().signers.pinned, path = bench.folder.path("id.txt")
        try bench.shell("mv '\(host)/identity.txt' id.txt; rm -r state")
        let unknown = fault { try verify(bench) }
        #expect(unknown?.code == "repository.signer-not-pinned" && unknown?.exit == .refused)
        bench.repositoryLines = ["signer: \(signer)"]
        let report = try verify(bench) { $0.identityFile = path }
        #expect(report.exit == .done && report.unrecorded?.contains("no signing key") == true)
        #expect(try bench.stored("proofs").isEmpty)
    }

    @Test func `a check that is stopped ends as one, and one beside a change of keys waits its turn`() throws {
        let bench = try Bench.small()
        bench.cancellation.cancel(signal: 2)
        #expect(fault { try verify(bench) }?.exit == .interrupted)
        let other = try Bench.small(), workplace = try other.workplace()
        let lock = try workplace.lockRepository(try workplace.repository(), .exclusive, for: "repository rekey")
        let locked = fault { try verify(other) }
        #expect(locked?.code == "file.locked" && locked?.message.contains("repository rekey") == true)
        lock.release()
    }

    @Test func `a host that has lost its signing key writes nothing down, and that is no success`() throws {
        let bench = try Bench.small()
        try bench.shell("rm '\(bench.hostFolder())/signing-key'")
        let report = try verify(bench)
        #expect(report.exit == .partial && report.outcomes.map(\.proven) == [.readable])
        #expect(report.unrecorded?.contains("keys to the repository are missing") == true)
        #expect(report.recordHints.first == .command(["infisical-ops", "init", "--adopt"]))
    }
}
