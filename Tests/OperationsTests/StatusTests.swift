import DurableFiles
import Effects
import Faults
import InPlace
import InstanceAccess
import Journal
import Operations
import Repository
import TestSupport
import Testing

/// Whether backups are fresh and proven, asked in this process.
@Suite struct StatusTests {
    private func status(_ bench: Bench, maxAge: Int64? = nil) throws -> StatusOperation.Report {
        try StatusOperation(try bench.workplace(), maxAge: maxAge).perform()
    }

    private func verify(_ bench: Bench, _ ids: [String] = []) throws {
        var options = VerifyOperation.Options()
        options.ids = ids
        _ = try VerifyOperation(try bench.workplace(), options).perform(progress: Verification.Progress())
    }

    @Test func `a fresh backup, its age and its proof`() throws {
        let prepared = try PreparedRepository.ofSmall(), bench = try Bench(copying: prepared)
        let report = try status(bench, maxAge: 86_400)
        #expect(report.exit == .done && !report.isStale && !report.isDamaged && report.damagedBackups.count == 0)
        #expect(report.backups.map(\.entry.id.text) == prepared.ids && report.latest?.standing.level == nil)
        #expect((0...600).contains(report.age ?? -1) && report.room.freeBytes > 0 && report.warnings.isEmpty)
        #expect(report.repository == bench.repository)
        guard case .reachable(let version) = report.database else {
            Issue.record("the database was not reached")
            return
        }
        #expect(version.hasPrefix("15"))
        try verify(bench)
        #expect(try status(bench).latest?.standing.level == .readable)
    }

    @Test(
        arguments: [
            (7_200, 3_600, true), (7_200, 86_400, false), (-7_200, 86_400, true), (-30, 86_400, false),
        ] as [(Int64, Int64, Bool)])
    func `a backup is stale when it is too old, or from the future`(shift: Int64, maxAge: Int64, isStale: Bool) throws {
        let bench = try Bench.small()
        try verifyAge(bench, shift, maxAge, isStale)
        // Without a limit age is told and no reason.
        #expect(try status(bench).exit == .done)
    }

    private func verifyAge(_ bench: Bench, _ shift: Int64, _ maxAge: Int64, _ isStale: Bool) throws {
        bench.clock = ShiftedClock(seconds: shift)
        let report = try status(bench, maxAge: maxAge)
        #expect(report.isStale == isStale && report.exit == (isStale ? .stale : .done))
    }

    @Test func `no backup at all is not found, or stale where a limit was set`() throws {
        let bench = try Bench(nil), report = try status(bench)
        #expect(report.exit == .notFound && report.latest == nil && report.age == nil)
        #expect(try status(bench, maxAge: 3600).exit == .stale)
        #expect(fault { try status(try Bench(nil, initialised: false)) }?.exit == .notFound)
    }

    @Test func `a database that does not answer is told beside the backups`() throws {
        let bench = try Bench.small()
        bench.namesDatabase = false
        let report = try status(bench)
        #expect(report.exit == .unhealthy && report.backups.count == 2)
        guard case .unreachable(let fault) = report.database else {
            Issue.record("something answered")
            return
        }
        #expect(!fault.message.isEmpty)
    }

    @Test func `damage of the newest backup, of the chain, and of an older one`() throws {
        let prepared = try PreparedRepository.ofSmall(), bench = try Bench(copying: prepared)
        // The chunk of the rows that only the newest has.
        let repository = try bench.workplace().repository(), entries = try Inventory(repository).entries
        let own = Set(entries[1].manifest.chunks.keys).subtracting(entries[0].manifest.chunks.keys)
        let chunk = try #require(own.first)
        let path = repository.layout.relative(repository.layout.chunk(chunk))
        try bench.shell("cp repository/\(path) kept")
        try bench.flip(path)
        try verify(bench)
        let damaged = try status(bench)
        #expect(damaged.isDamaged && damaged.exit == .damaged && damaged.damagedBackups.count == 1)
        try bench.shell("cp kept repository/\(path)")
        try verify(bench)
        #expect(try status(bench).exit == .done)

        let old = Set(entries[0].manifest.chunks.keys).subtracting(entries[1].manifest.chunks.keys)
        if let chunk = old.first {
            try bench.shell("rm repository/\(repository.layout.relative(repository.layout.chunk(chunk)))")
            try verify(bench, [prepared.ids[0]])
            // The newest does not need that chunk.
            let after = try status(bench)
            #expect(!after.isDamaged && after.damagedBackups.count == 1)
        }
        try bench.flip("backups/\(prepared.ids[1]).json")
        let chain = try status(bench)
        #expect(chain.exit == .damaged && chain.findings.contains(where: \.isDamage))
    }

    @Test func `a backup whose key was not at hand is told for as long as it is the newest`() throws {
        let bench = try Bench()
        try bench.editEnvFile("9f2c47d1e0b86a35c7f41d9280ae53b6", "00112233445566778899aabbccddeeff")
        try bench.backup()
        let report = try status(bench)
        #expect(report.exit == .keyMismatch && report.latest?.keyOpens == false)
        #expect(report.latest?.manifest.infisical?.keys.map(\.roleText).isEmpty == false)
        #expect(report.latest?.manifest.infisical?.keyWasAtHand == false)
    }

    @Test func `a restore in place that an earlier version left is refused to be guessed at`() throws {
        let bench = try Bench.small()
        try bench.folder.write("state/in-place.json", "{}")
        let refused = fault { try status(bench) }
        #expect(refused?.code == "in-place.bad-journal" && refused?.exit == .refused)
    }

    private func verify(_ bench: Bench, _ id: String, _ level: ProofLevel, minutes: Int64) throws {
        bench.clock = ShiftedClock(seconds: minutes * 60)
        var options = VerifyOperation.Options()
        (options.ids, options.level) = ([id], level)
        _ = try VerifyOperation(try bench.workplace(), options).perform(progress: Verification.Progress())
        bench.clock = SystemClock()
    }

    @Test func `a newer check that looks as deep as damage says that the newest backup lacks it; a shallower does not`()
        throws
    {
        let prepared = try PreparedRepository.ofSmall(), bench = try Bench(copying: prepared)
        let (older, newest) = (prepared.ids[0], prepared.ids[1])
        let repository = try bench.workplace().repository(), entries = try Inventory(repository).entries
        let old = Set(entries[0].manifest.chunks.keys).subtracting(entries[1].manifest.chunks.keys)
        let path = "repository/" + repository.layout.relative(repository.layout.chunk(try #require(old.first)))
        try verify(bench, newest, .readable, minutes: 1)
        try bench.shell("mv \(path) kept")
        try verify(bench, older, .stored, minutes: 2)
        #expect(try status(bench).isDamaged)
        // The stronger proof is older than the damage; the weaker one is not, and looks deep enough.
        try verify(bench, newest, .stored, minutes: 3)
        let stored = try status(bench)
        #expect(!stored.isDamaged && stored.exit == .done && stored.latest?.standing.level == .readable)
        // Damage that only decrypting finds is not refuted by a check that does not decrypt.
        try bench.shell("mv kept \(path)")
        let entry = entries[0], signer = try #require(try repository.host.signer())
        let time = { (minutes: Int64) in
            Timestamp(seconds: SystemClock().now().seconds + minutes * 60).iso8601
        }
        try ProofStore.record(
            Proof(
                backup: entry.id, manifest: entry.sha256, level: .readable, outcome: .damaged, time: time(4),
                program: "p", host: "h", chunks: Array(old)), signer: signer, repository: repository)
        try verify(bench, newest, .stored, minutes: 5)
        #expect(try status(bench).exit == .damaged)
        try verify(bench, newest, .readable, minutes: 6)
        #expect(try status(bench).exit == .done)
    }

    @Test(arguments: ["signing-key", "id-key-1"])
    func `keys of this host that a backup takes are missed before one is taken`(file: String) throws {
        let bench = try Bench.small()
        try bench.shell("rm '\(bench.hostFolder())/\(file)'")
        let report = try status(bench)
        #expect(report.exit == .partial && report.hostKeyLoss?.code == "repository.host-keys-missing")
        #expect(fault { try bench.backup() }?.code == "repository.host-keys-missing")
    }

    @Test func `a restore in place that was cut off is what counts, unless somebody is at it`() throws {
        let bench = try Bench.small(), access = try bench.access()
        let work = InPlaceWork(
            server: DatabaseServer(identifier: nil, address: "x"), backup: "20260101T000000Z-00000001",
            live: bench.database, replaced: nil, copy: "copy", kept: "kept", backend: nil, emptiesRedis: false)
        _ = try Journal.create(
            access.stateFile("in-place.journal"), kind: InPlaceRecord.kind,
            records: try [InPlaceRecord.began(work), .entered(.exchanging)].map { try $0.line() },
            files: access.surroundings.files)
        let report = try status(bench)
        #expect(report.exit == .unfinishedRotation)
        #expect(report.warnings.contains { $0.contains("20260101T000000Z-00000001 in place") }, "\(report.warnings)")
        let lock = try bench.workplace().lockInstance(for: "restore --in-place")
        #expect(try status(bench).exit == .done)
        lock.release()
    }
}
