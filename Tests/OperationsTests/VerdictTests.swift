import Effects
import Faults
import LiveSupport
import Operations
import Postgres
import Repository
import TestSupport
import Testing

/// Backups that hold less than the one before, and the word that this is meant.
@Suite struct VerdictTests {
    private func accept(_ bench: Bench, _ id: String, _ accepts: Bool = true) throws -> Assessment {
        let operation = VerdictOperation(try bench.workplace(), .accepted, revokes: !accepts)
        let plan = try operation.plan(id)
        #expect(plan.isNeeded && plan.entry.id.text == id)
        return try operation.perform(plan)
    }

    private func exit(_ bench: Bench) throws -> ExitCode {
        try StatusOperation(try bench.workplace(), maxAge: nil).perform().exit
    }

    @Test func `a backup of an emptied database counts only when somebody has said so`() throws {
        let bench = try Bench()
        try bench.backup()
        try bench.sql("TRUNCATE public.users CASCADE")
        let report = try bench.backup(), id = report.entry.id.text
        #expect(report.exit == .partial && report.assessment.isShrunk && report.assessment.comparedWith != nil)
        #expect(report.warnings.contains { $0.contains("is shrunk") && $0.contains("repository accept \(id)") })
        #expect(try exit(bench) == .partial)
        let restore = try RestoreOperation(try bench.workplace(), .init(database: "x")).plan()
        #expect(restore.warnings.contains { $0.contains("is shrunk") })

        let accepted = try accept(bench, id)
        #expect(!accepted.isShrunk && accepted.accepted != nil)
        #expect(try exit(bench) == .done)
        #expect(try !VerdictOperation(try bench.workplace(), .accepted).plan(id).isNeeded)
        #expect(try accept(bench, id, false).isShrunk)
        #expect(try exit(bench) == .partial)
    }

    @Test func `there is nothing to accept in a whole backup, and nobody without the host's keys accepts`() throws {
        let bench = try Bench.small()
        #expect(try !VerdictOperation(try bench.workplace(), .accepted).plan("latest").isNeeded)
        let unknown = fault { try VerdictOperation(try bench.workplace(), .accepted).plan("1999") }
        #expect(unknown?.exit == .notFound)
        try bench.shell("rm '\(bench.hostFolder())/signing-key'")
        let refused = fault { try VerdictOperation(try bench.workplace(), .accepted).plan("latest") }
        #expect(refused?.code == "repository.host-keys-missing")
    }

    @Test func `how long the newest verified backup may be old is a limit of its own`() throws {
        let bench = try Bench.small()
        let status = { (shift: Int64) in
            bench.clock = ShiftedClock(seconds: shift)
            return try StatusOperation(try bench.workplace(), maxAge: nil, maxUnverified: 3_600).perform()
        }
        #expect(try status(0).isUnverified && status(0).exit == .stale)
        _ = try VerifyOperation(try bench.workplace(), .init()).perform(progress: Verification.Progress())
        #expect(try !status(0).isUnverified && status(0).exit == .done && status(0).verified != nil)
        #expect(try status(7_200).isUnverified)
    }
}
