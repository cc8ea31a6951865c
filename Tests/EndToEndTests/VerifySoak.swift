import Effects
import FoundationEssentials
import LiveSupport
import Postgres
import Synchronization
import Testing

/// An undamaged repository, verified many times in every way: not one false alarm, also while backups are being made.
///
/// `SOAK_VERIFY` is the number of verifies.
@Suite struct VerifySoak {
    static let count = ProcessInfo.processInfo.environment["SOAK_VERIFY"].flatMap { Int($0) } ?? 25

    /// One way of verifying: the shallow, the deep and the partial ones alternate, with other numbers of threads.
    private static func arguments(_ round: Int) -> [String] {
        let depth =
            switch round % 4 {
            case 0: ["--all", "--level", "stored"]
            case 1: ["--all", "--level", "readable"]
            case 2: ["--all", "--sample", String(1 + round * 37 % 100)]
            default: ["latest", "--level", "readable"]
            }
        return ["verify", "--json", "--jobs", String(1 + round % 7)] + depth
    }

    @Test func `an undamaged repository passes every verify`() throws {
        let instance = try OpsInstance(.october)
        for _ in 1...2 { try instance.ops("backup").expect(0) }
        for round in 0..<VerifySoak.count {
            let report: ZooCage.Report = try instance.run(VerifySoak.arguments(round)).expect(0).object()
            #expect(report.findings.isEmpty && report.exit == 0, "round \(round)")
            // Every one of them reads the proofs of all before it; some hundred are enough.
            if round % 100 == 99 { try shell("rm -r \"$0\"", instance.repository + "/proofs") }
        }
    }

    @Test func `backups that are being made are no damage`() throws {
        // Only read from here on, and by several threads.
        nonisolated(unsafe) let instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        let isOver = Atomic<Bool>(false), verifies = Atomic<Int>(0)
        // Told on the test's own thread: an issue of another one belongs to no test.
        let alarms = Mutex<[String]>([])
        try Threads.run(2, onFirstFailure: { isOver.store(true, ordering: .relaxed) }) { thread in
            if thread == 0 {
                // The data changes each time, so that each backup writes.
                for round in 0..<max(1, VerifySoak.count / 10) where !isOver.load(ordering: .relaxed) {
                    try instance.sql(
                        "UPDATE public.users SET \"firstName\" = pg_catalog.concat('n', \(literal: "\(round)"))")
                    let result = try instance.ops("backup")
                    if result.exit != 0 { alarms.withLock { $0.append(result.output + result.errors) } }
                }
                isOver.store(true, ordering: .relaxed)
            } else {
                var round = 0
                repeat {
                    let result = try instance.run(VerifySoak.arguments(round))
                    if result.exit != 0 { alarms.withLock { $0.append(result.output + result.errors) } }
                    verifies.add(1, ordering: .relaxed)
                    round += 1
                } while !isOver.load(ordering: .relaxed)
            }
        }
        #expect(alarms.withLock { $0 } == [])
        #expect(verifies.load(ordering: .relaxed) > 1)
    }
}
