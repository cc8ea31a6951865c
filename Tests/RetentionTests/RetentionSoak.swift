import Effects
import Glibc
import Retention
import Testing

/// Random histories of backups, failures, prunes, new keys and losses: whatever comes, enough that is proven stays, and whatever
/// stays can be read. `SOAK_RETENTION` says how many, `SOAK_SEED` which.
@Suite struct RetentionSoak {
    @Test func `random histories never lose what is proven, nor a key that is needed`() throws {
        let count = number("SOAK_RETENTION") ?? 4_000
        let seed = number("SOAK_SEED").map { UInt64($0) } ?? .random(in: 0...(.max >> 1))
        var random = SplitMix(state: seed), steps = 0, removed = 0
        for number in 0..<count {
            var history = History(&random)
            for _ in 0..<Int.random(in: 5...40, using: &random) {
                if let problem = history.step(&random) {
                    Issue.record("history \(number) of seed \(seed): \(problem)")
                    return
                }
                steps += 1
            }
            removed += history.removed
        }
        print("\(count) histories, \(steps) steps, \(removed) backups removed; SOAK_SEED=\(seed)")
        #expect(removed > count, "the policies removed next to nothing: nothing was tried")
    }
}

func number(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }

/// A repository, as far as retention sees it.
private struct History {
    private var items: [RetentionItem] = []
    private var seconds: Int64
    private var key = 0
    private var keptKeys: Set<String> = []
    private let policy: RetentionPolicy
    private let least: Int
    private var number = 0
    private(set) var removed = 0

    init(_ random: inout SplitMix) {
        seconds = Int64.random(in: 1_600_000_000...1_900_000_000, using: &random)
        least = Int.random(in: 1...4, using: &random)
        policy = .random(&random)
    }

    /// - Returns: what must not be; nil where all is well.
    mutating func step(_ random: inout SplitMix) -> String? {
        seconds += Int64.random(in: 600...400_000, using: &random)
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<9: add(nil, &random)
        case 9..<12: add(RetentionItem.Doubt.allCases.randomElement(using: &random), &random)
        case 12: key += 1
        case 13: prove(&random)
        case 14: damage(&random)
        case 15: if !items.isEmpty { items.remove(at: Int.random(in: items.indices, using: &random)) }
        default: return prune()
        }
        return nil
    }

    private mutating func add(_ doubt: RetentionItem.Doubt?, _ random: inout SplitMix) {
        number += 1
        let label = "k\(key)", isKept = Int.random(in: 0..<4, using: &random) > 0
        items.append(
            RetentionItem(
                id: "\(number)", time: LocalTime(Timestamp(seconds: seconds)),
                tags: Int.random(in: 0..<9, using: &random) == 0 ? ["keep": "yes"] : [:], doubt: doubt, needs: [label],
                keeps: isKept ? [label] : []))
    }

    private mutating func replace(_ index: Int, _ doubt: RetentionItem.Doubt?) {
        let item = items[index]
        items[index] = RetentionItem(
            id: item.id, time: item.time, tags: item.tags, doubt: doubt, needs: item.needs, keeps: item.keeps)
    }

    /// A drill, a verification, an acceptance.
    private mutating func prove(_ random: inout SplitMix) {
        let doubtful = items.indices.filter { items[$0].doubt != nil }
        if let index = doubtful.randomElement(using: &random) { replace(index, nil) }
    }

    private mutating func damage(_ random: inout SplitMix) {
        if let index = items.indices.randomElement(using: &random) { replace(index, .damaged) }
    }

    private mutating func prune() -> String? {
        let plan = RetentionPlan(policy, items, least: least, now: Timestamp(seconds: seconds))
        let left = items.enumerated().filter { plan.decisions[$0.offset].isKept }.map(\.element)
        if let problem = problem(left) { return problem }
        // Without the bad ones the good ones fare the same, but for keys.
        let good = items.filter { $0.doubt == nil }
        let alone = RetentionPlan(policy, good, least: least, now: Timestamp(seconds: seconds))
        if let lost = Set(left.map(\.id)).symmetricDifference(alone.decisions.filter(\.isKept).map(\.id)).first(where: {
            id in
            good.contains { $0.id == id } && !isKeptForKey(id, plan) && !isKeptForKey(id, alone)
        }) {
            return "bad backups decide over \(lost)"
        }
        // What was pruned is pruned: a second run does nothing.
        let again = RetentionPlan(policy, left, least: least, now: Timestamp(seconds: seconds))
        let isStable = policy.isEmpty || again.removed.isEmpty
        removed += items.count - left.count
        items = left
        return isStable ? nil : "a second prune removes \(again.removed)"
    }

    private func isKeptForKey(_ id: String, _ plan: RetentionPlan) -> Bool {
        plan.decisions.first { $0.id == id }?.reasons.contains { if case .key = $0 { true } else { false } } ?? false
    }

    private func problem(_ left: [RetentionItem]) -> String? {
        let proven = items.filter { $0.doubt == nil }, kept = left.filter { $0.doubt == nil }
        if kept.count < min(least, proven.count) { return "\(kept.count) proven of \(proven.count) are left" }
        if Array(kept.suffix(least).map(\.id)) != Array(proven.suffix(least).map(\.id)) {
            return "the newest proven went"
        }
        let there = Set(items.flatMap(\.keeps)), keys = Set(left.flatMap(\.keeps))
        for item in left where !item.needs.intersection(there).isSubset(of: keys) {
            return "\(item.id) stays, and no backup keeps its key any more"
        }
        for item in items where item.doubt != nil && !left.contains(item) {
            let newer = proven.count { $0.time.moment > item.time.moment }
            if newer < least {
                return "\(item.id) went, which is not proven, and only \(newer) that are proven are newer"
            }
        }
        return nil
    }
}

extension RetentionPolicy {
    static func random(_ random: inout SplitMix) -> RetentionPolicy {
        var policy = RetentionPolicy()
        let count = { (random: inout SplitMix) -> Count? in
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<4: nil
            case 4: .all
            default: .some(Int.random(in: 1...6, using: &random))
            }
        }
        policy.last = Int.random(in: 0..<4, using: &random) == 0 ? .some(Int.random(in: 1...5, using: &random)) : nil
        policy.hourly = count(&random)
        policy.daily = count(&random)
        policy.weekly = count(&random)
        policy.monthly = count(&random)
        policy.yearly = count(&random)
        if Int.random(in: 0..<4, using: &random) == 0 {
            policy.within = RetentionSpan(
                months: Int.random(in: 0...2, using: &random), days: Int.random(in: 0...20, using: &random),
                hours: Int.random(in: 1...30, using: &random))
        }
        if Int.random(in: 0..<4, using: &random) == 0 { policy.tags = [["keep": "yes"]] }
        return policy
    }
}

/// Small, and the same everywhere for a seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
