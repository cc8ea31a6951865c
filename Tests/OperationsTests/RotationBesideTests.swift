import Faults
import InPlace
import InstanceAccess
import LiveSupport
import Repository
import Rotation
import TestSupport
import Testing

@testable import Operations
@testable import Rotating

/// A rotation, and what else was done or left undone on the same instance.
@Suite struct RotationBesideTests {
    private let site: RotationBench
    private var bench: Bench { site.bench }

    init() throws { site = try RotationBench() }

    private func inPlace(undoes: Bool = false) throws -> InPlaceRestore {
        var options = InPlaceRestore.Options()
        options.undoes = undoes
        options.keepsRedis = true
        options.timeout = .seconds(6)
        return InPlaceRestore(try bench.workplace(), options)
    }

    private func fault(_ body: () throws -> Void) -> (any Fault)? {
        do { try body() } catch { return .of(error) }
        return nil
    }

    @Test func `what was put aside before a rotation is not put back under the new key`() throws {
        let restore = try inPlace()
        let report = try restore.perform(try restore.plan(), progress: BackupProgress()) { _ in }
        let kept = try #require(report.kept)
        bench.drops(kept)
        // Ids have no fractions of a second.
        bench.clock = ShiftedClock(seconds: 5)
        try site.rotate()
        let refused = fault { _ = try inPlace(undoes: true).plan() }
        #expect(refused?.code == "in-place.kept-under-other-key" && refused?.exit == .keyMismatch)
        #expect(refused?.message.contains(kept) == true && refused?.hints.isEmpty == false)
        // Words of its own in the name of the database are not taken for the mark.
        let instance = try bench.workplace().instance
        #expect(try KeptDatabase.otherKey("a_before_b_undone_20200101T000000Z", instance) != nil)
        #expect(try KeptDatabase.otherKey("a_before_20990101T000000Z", instance) == nil)
        // Once the old key is in force again, nothing is in the way.
        try bench.folder.write("new.env", "ENCRYPTION_KEY=\(RotationBench.old)\n")
        bench.clock = ShiftedClock(seconds: 10)
        try site.rotate()
        _ = try inPlace(undoes: true).plan()
        #expect(try site.disagreements() == [])
    }

    @Test func `a restore in place that was cut off is finished first`() throws {
        let journal = try InPlaceJournal(try bench.workplace().instance)
        _ = try journal.begin(try inPlace().plan().work)
        let refused = fault { try site.rotate() }
        #expect(refused?.code == "rotation.other-unfinished" && refused?.exit == .unfinishedRotation)
        #expect(refused?.hints.first.map { FaultRenderer.text($0) }?.contains("--in-place") == true)
        #expect(try site.inForce() == "old" && !site.isDown)
        // Also where it began after the plan was made.
        try journal.enter(.undone)
        let plan = try EncryptionKeyRotation(try bench.workplace(), site.options()).plan()
        _ = try journal.begin(try inPlace().plan().work)
        let late = fault { _ = try site.operation().perform(plan, progress: BackupProgress()) { _ in } }
        #expect(late?.code == "rotation.other-unfinished")
        try journal.enter(.undone)
        #expect(try site.disagreements() == [])
    }

    @Test func `keys of a rotation that the journal does not know are told by whoever looks`() throws {
        let id = "20260102T030405Z-0a0b0c0d"
        try bench.shell("mkdir -p repository/rotations && touch repository/rotations/\(id).age")
        let status = try RotationStatus(try bench.workplace().instance)
        #expect(status.open == nil && status.lost?.exit == .unfinishedRotation)
        #expect(status.lost?.message.contains(id) == true)
        let commands = try UnfinishedChanges.all(try bench.workplace().instance).map(\.command)
        #expect(commands == [["infisical-ops", "rotate", "resume", "--from-repository"]])
        let whole = try StatusOperation(try bench.workplace(), maxAge: nil).perform()
        #expect(whole.exit == .unfinishedRotation && whole.warnings.contains { $0.contains("--from-repository") })
        #expect(fault { try site.rotate() }?.code == "rotation.lost")
        #expect(try site.inForce() == "old" && !site.isDown)
        // A key of now says nothing of which one is right at the end of it.
        try bench.editEnvFile(RotationBench.old, "0123456789abcdef0123456789abcdef")
        let wrong = try StatusOperation(try bench.workplace(), maxAge: nil).perform()
        #expect(wrong.keyHints.isEmpty && wrong.exit == .unfinishedRotation)
    }

    @Test func `an identity that opens nothing, or is gone, is told before a backup is taken`() throws {
        let before = try bench.stored("backups").count
        let path = try bench.workplace().repository().host.identityFile
        try bench.shell("mv \(path) away; age-keygen -o \(path) 2>/dev/null || rage-keygen -o \(path)")
        #expect(fault { try site.rotate() }?.code == "repository.identity-opens-nothing")
        try bench.shell("rm \(path)")
        #expect(fault { try site.rotate() }?.code == "repository.identity-missing")
        #expect(try bench.stored("backups").count == before && site.inForce() == "old")
    }
}
