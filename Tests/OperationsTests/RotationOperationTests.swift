import Effects
import Faults
import Glibc
import InstanceAccess
import LiveSupport
import Operations
import Postgres
import Repository
import TestSupport
import Testing

@testable import Rotating
@testable import Rotation

/// Rotations of an instance without containers, in this process. Containers: `instance-test`; kills: `crash-matrix`.
@Suite struct RotationOperationTests {
    private let site: RotationBench
    private var bench: Bench { site.bench }

    init() throws { site = try RotationBench() }

    private func fault(_ body: () throws -> Void) -> (any Fault)? {
        do { try body() } catch { return .of(error) }
        return nil
    }

    private func published() throws -> [String] { try RotationStore(bench.workplace().repository()).ids.map(\.text) }

    // MARK: - There and back

    @Test(arguments: RotationWork.Depth.allCases.filter { $0 != .native })
    func `a key is replaced, and only its bytes in the env file; then the old one is put back`(
        depth: RotationWork.Depth
    ) throws {
        let report = try site.rotate { $0.depth = depth }
        #expect(report.isRotated && report.exit == .partial && report.rewritten ?? 0 > 10)
        #expect(
            !report.left.isEmpty
                && report.left.allSatisfy { $0.hasSuffix("still holds the old value: change it, or delete it") })
        #expect(report.downtime ?? 0 > 0 && report.backupBefore != nil && report.backupAfter != nil)
        #expect(try site.disagreements().isEmpty && site.envFile() == site.after && site.inForce() == "new")
        #expect(try published().isEmpty && RotationStatus(bench.access()).open == nil)
        // The next backup is of the same instance, also under another root key.
        #expect(try bench.backup().assessment.isShrunk == false)
        try bench.folder.write("new.env", "ENCRYPTION_KEY=\(RotationBench.old)\n")
        try site.rotate()
        #expect(try site.envFile() == site.before && site.inForce() == "old")
        #expect(try RotationStatus(bench.access()).past.map(\.isRotated) == [true, true])
    }

    @Test func `an env file beside those in use that holds the old key is named`() throws {
        let stray = ["\(bench.folder.path)/.env.infisical", "\(bench.folder.path)/old.env"]
        try bench.folder.write(".env.infisical", "A=1\nINFISICAL_ENCRYPTION_KEY='\(RotationBench.old)'\n")
        try bench.folder.write("old.env", "# \(RotationBench.old)\n")
        // What no start reads, what is no file, and what holds another key.
        try bench.folder.write("notes.txt", RotationBench.old)
        try bench.folder.write(".env.example", "ENCRYPTION_KEY=\(RotationBench.new)\n")
        #expect(mkfifo(bench.folder.path(".env.pipe"), 0o600) == 0)
        // What cannot be looked through is told, and stops nothing.
        try bench.folder.write(".env.huge", String(repeating: "A", count: (1 << 20) + 1))
        let plan = try EncryptionKeyRotation(bench.workplace(), site.options()).plan()
        #expect(
            plan.steps.suffix(3) == ["Files beside the env files in use that keep the old value:"]
                + stray.map { "  \($0)" })
        let report = try site.operation().perform(plan, progress: BackupProgress()) { _ in }
        #expect(report.left.filter { $0.hasPrefix("the file ") }.count == 2, "\(report.left)")
        for told in [plan.warnings, report.left] {
            #expect(told.contains { $0.contains("is not known") && $0.contains(".env.huge") }, "\(told)")
        }
        #expect(stray.allSatisfy { path in report.left.contains { $0.contains(path) } })
        #expect(try site.disagreements().isEmpty && site.inForce() == "new")
        #expect(
            try bench.folder.text(".env.infisical").contains(RotationBench.old),
            "nothing but the files in use is written")
    }

    @Test func `the secret that signs tokens is replaced, and nothing of the database changes`() throws {
        try bench.folder.write("auth.env", "AUTH_SECRET=c29tZXRoaW5nIGxvbmcgZW5vdWdoIGZvciBhIHNlY3JldA==\n")
        var options = AuthSecretRotation.Options()
        options.newKeyFile = bench.folder.path("auth.env")
        options.storedCopies = .init(.list)
        let rows = try bench.sql("SELECT md5(string_agg(k::text, '' ORDER BY id)) AS sum FROM public.internal_kms k")
            .only()
        let plan = try AuthSecretRotation(bench.workplace(), options).plan()
        #expect(plan.steps.contains("What stops working with it:"))
        let report = try site.operation().perform(plan, progress: BackupProgress()) { _ in }
        #expect(report.isRotated && report.exit == .partial && !report.left.isEmpty && report.rewritten == nil)
        #expect(
            try site.envFile().contains("c29tZXRoaW5nIGxvbmcgZW5vdWdoIGZvciBhIHNlY3JldA==") && site.inForce() == "old")
        #expect(
            try bench.sql("SELECT md5(string_agg(k::text, '' ORDER BY id)) AS sum FROM public.internal_kms k").only()
                .string("sum") == rows.string("sum"))
        #expect(
            !site.isDown
                && fault { _ = try AuthSecretRotation(bench.workplace(), options).plan() }?.code
                    == "rotation.same-value"
        )
    }

    // MARK: - Taken back

    @Test func `a backend that does not work with the new key has the old one again`() throws {
        site.use(start: "if grep -q \(RotationBench.old) .env; then rm -f down; fi")
        let failed = fault { try site.rotate() }
        #expect(failed?.exit == .failed && failed?.message.contains("backend") == true, "\(failed as Any)")
        #expect(try site.disagreements().isEmpty && site.envFile() == site.before)
        #expect(try published().isEmpty && RotationStatus(bench.access()).past.map(\.isRotated) == [false])
    }

    @Test func `whatever fails on both ways stays open, keeps others away, and is finished later`() throws {
        site.use(start: "true")
        let halted = fault { try site.rotate() }
        #expect(halted?.code == "rotation.halted" && halted?.exit == .unfinishedRotation)
        let status = try RotationStatus(bench.access())
        #expect(status.open != nil && status.byHand.contains { $0.contains("rotations/") })
        #expect(try published().count == 1 && site.exists("state/rotation.identity"))
        let identity = try bench.folder.text("state/rotation.identity")
        #expect(fault { try site.rotate() }?.code == "rotation.open")
        // Whatever keeps it from going on, the rotation is what needs somebody.
        try bench.folder.write("state/rotation.identity", "")
        #expect(fault { _ = try site.resume() }?.exit == .unfinishedRotation)
        _ = bench.folder.run("rm state/rotation.identity")
        let lost = fault { _ = try site.resume() }
        #expect(lost?.exit == .unfinishedRotation && lost?.message.contains("rotation.identity") == true)
        try bench.folder.write("state/rotation.identity", identity)
        site.use(start: "rm -f down")
        let report = try site.resume()
        #expect(!report.isRotated && report.exit == .done)
        #expect(try site.disagreements().isEmpty && site.envFile() == site.before && published().isEmpty)
        #expect(fault { _ = try site.resume() }?.code == "rotation.nothing-open")
    }

    @Test func `Ctrl-C puts everything back, at any step before the rotation counts`() throws {
        let steps = ["taking", "stopping", "closing", "encrypting", "writing", "starting", "trying"]
        for step in steps {
            let again = try RotationBench(), cancellation = again.bench.cancellation
            var isAsked = false
            let failed = fault {
                try again.rotate { _ in
                } told: { text in
                    if text.hasPrefix(step), !isAsked {
                        isAsked = true
                        cancellation.cancel(signal: SIGINT)
                    }
                }
            }
            #expect(failed?.exit == .interrupted, "\(step): \(failed as Any)")
            again.bench.cancellation = Cancellation()
            #expect(try again.disagreements().isEmpty && again.envFile() == again.before, "\(step)")
        }
    }

    /// Every effect of a rotation fails once: by itself, or by one more run, database, env file and backend agree again.
    @Test func `a failure at any effect is finished or taken back`() throws {
        let counter = RecordingObserver()
        site.bench.observer = counter
        try site.rotate()
        let total = counter.effects.count
        var outcomes: [String: Int] = [:]
        for number in 0..<14 {
            let position = total * (2 * number + 1) / 28 + 1
            let again = try RotationBench()
            again.bench.observer = FailingObserver(
                at: position, kind: number.isMultiple(of: 2) ? .failsBefore : .failsAfter)
            let failed = fault { try again.rotate() }
            again.bench.observer = nil
            if failed?.exit == .unfinishedRotation, try again.operation().open() != nil {
                _ = try again.resume(back: number.isMultiple(of: 3))
                outcomes["resumed", default: 0] += 1
            } else {
                outcomes[failed == nil ? "went on" : "undone", default: 0] += 1
            }
            let wrong = try again.disagreements()
            #expect(wrong.isEmpty, "effect \(position) of \(total), \(failed?.message ?? "no failure"): \(wrong)")
        }
        #expect(outcomes["undone", default: 0] > 3, "\(outcomes)")
    }

    // MARK: - The journal is lost

    @Test(arguments: [false, true])
    func `a lost journal is made anew of the keys in the repository`(back: Bool) throws {
        // The way back must not come to its end either.
        site.use(start: "true")
        #expect(fault { try site.rotate() }?.code == "rotation.halted")
        let isNew = try site.envFile() == site.after
        for file in ["rotation.journal", "rotation.identity"] { _ = bench.folder.run("rm -f state/\(file)") }
        #expect(fault { _ = try site.resume() }?.code == "rotation.nothing-open")
        site.use(start: "rm -f down")
        let report = try site.operation().resume(
            back: back, fromRepository: .init(identityFile: nil), progress: BackupProgress()
        ) { _ in }
        #expect(report.isRotated == !back && !isNew)
        #expect(try site.disagreements().isEmpty && published().isEmpty)
    }

    /// A journal that was begun, and does not say that something may have been changed, would end with the keys thrown away.
    @Test func `a rescue that fails anywhere in the journal can be done again`() throws {
        for (kind, position) in [(FailingObserver.Kind.failsBefore, 1), (.failsAfter, 2), (.failsBefore, 3)] {
            let again = try RotationBench()
            again.use(start: "true")
            #expect(fault { try again.rotate() }?.code == "rotation.halted")
            for file in ["rotation.journal", "rotation.identity"] { _ = again.bench.folder.run("rm -f state/\(file)") }
            again.use(start: "rm -f down")
            let rescue = {
                try again.operation().resume(
                    back: false, fromRepository: .init(identityFile: nil), progress: BackupProgress()
                ) { _ in }
            }
            again.bench.observer = FailingObserver(at: position, kind: kind) {
                $0.subject.contains("rotation.journal") && [.write, .sync, .rename].contains($0.kind)
            }
            let failed = fault { _ = try rescue() }
            again.bench.observer = nil
            #expect(failed != nil, "\(kind) \(position)")
            _ = fault { _ = try rescue() }
            #expect(try again.disagreements().isEmpty, "\(kind) \(position): \(failed?.message ?? "")")
        }
    }
}
