import Effects
import FoundationEssentials
import Glibc
import Retention
import TestSupport
import Testing

/// The same policies on the same histories by restic itself: both keep the same. `SOAK_RETENTION_RESTIC` says how many histories,
/// `SOAK_SEED` which.
@Suite struct RetentionResticSoak {
    private struct Snapshot: Decodable {
        let time: String
        let tags: [String]
        let id: String
    }

    private struct Group: Decodable { let keep: [Snapshot]? }

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func restic(_ words: [String], to output: String = "/dev/null") throws {
        let quoted = words.map { "'\($0)'" }.joined(separator: " ")
        let code = folder.run(
            "RESTIC_PASSWORD=x TZ=UTC exec '\(Self.program)' --cache-dir cache -r repository \(quoted) >\(output) 2>>log"
        )
        guard code == 0 else {
            throw TestProblem("restic \(words.prefix(3)): \(code): \(try folder.text("log").suffix(600))")
        }
    }

    @Test func `restic's own forget keeps the same`() throws {
        let histories = number("SOAK_RETENTION_RESTIC") ?? 12
        let seed = number("SOAK_SEED").map { UInt64($0) } ?? .random(in: 0...(.max >> 1))
        var random = SplitMix(state: seed)
        try restic(["init"])
        try folder.write("file", "x")
        // Each snapshot is a part of some of the histories, which restic tells apart by tags.
        var seconds = Int64.random(in: 1_500_000_000...1_600_000_000, using: &random)
        for _ in 0..<(histories < 100 ? 40 : 250) {
            seconds += Int64.random(in: 1...[3_000, 90_000, 900_000].randomElement(using: &random)!, using: &random)
            let tags = (0..<histories).filter { _ in Int.random(in: 0..<4, using: &random) == 0 }.map { "h\($0)" }
            let isMarked = Int.random(in: 0..<8, using: &random) == 0
            let time = String(Timestamp(seconds: seconds).iso8601.dropLast()).replacing("T", with: " ")
            try restic(
                [
                    "backup", "--time", time, "--tag",
                    (tags + ["all"] + (isMarked ? ["keep"] : [])).joined(separator: ","), "file",
                ])
        }
        try restic(["snapshots", "--json"], to: "snapshots")
        let all = try JSONDecoder().decode([Snapshot].self, from: Data(folder.text("snapshots").utf8))
        var compared = 0, kept = 0
        for history in 0..<histories {
            let policy = RetentionPolicy.random(&random)
            if policy.isEmpty { continue }
            let own = all.filter { $0.tags.contains("h\(history)") }
            let items = try own.map { snapshot in
                RetentionItem(
                    id: snapshot.id, time: LocalTime(try #require(Timestamp(iso8601: snapshot.time))),
                    tags: snapshot.tags.contains("keep") ? ["keep": "yes"] : [:])
            }
            let plan = RetentionPlan(policy, items, least: 1, now: SystemClock().now())
            // restic has no rule like ours that the newest stays whatever is said.
            let ours = plan.decisions.filter { $0.reasons.contains { $0 != .least } }.map(\.id)
            try restic(
                ["forget", "--dry-run", "--json", "--group-by", "", "--tag", "h\(history)"] + policy.options,
                to: "forget")
            let groups = try JSONDecoder().decode([Group].self, from: Data(folder.text("forget").utf8))
            let theirs = groups.flatMap { $0.keep ?? [] }.map(\.id)
            #expect(
                Set(ours) == Set(theirs),
                "history \(history) of seed \(seed), \(policy.options): \(own.map { ($0.time, ours.contains($0.id), theirs.contains($0.id)) })"
            )
            compared += 1
            kept += theirs.count
        }
        print("\(compared) histories of up to \(all.count) snapshots, \(kept) kept by both; SOAK_SEED=\(seed)")
        #expect(compared > histories / 2 && kept > compared)
    }

    /// `Tests/Support/newer` brings it: Debian 12's does not keep the oldest.
    private static let program = Fixtures.path("../../.build/tools/restic")
}

extension RetentionPolicy {
    /// As `restic forget` takes it.
    fileprivate var options: [String] {
        let counts = [
            ("last", last), ("hourly", hourly), ("daily", daily), ("weekly", weekly), ("monthly", monthly),
            ("yearly", yearly),
        ]
        var options = counts.flatMap { name, count -> [String] in
            switch count {
            case nil: []
            case .some(.all): ["--keep-\(name)", "unlimited"]
            case .some(.some(let number)): ["--keep-\(name)", "\(number)"]
            }
        }
        if let within { options += ["--keep-within", within.text] }
        for set in tags { options += ["--keep-tag", set.keys.sorted().joined(separator: ",")] }
        return options
    }
}
