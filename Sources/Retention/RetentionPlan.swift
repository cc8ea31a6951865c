package import Effects

/// What a policy makes of a history of backups.
///
/// Only those that count take part in it as restic's snapshots do. However the policy is written, the newest `least` of them
/// stay, and so does every backup that keeps the key of one that stays. One that does not count stays until `least` that do are
/// newer: a series of bad backups pushes out nothing, and goes once good ones have come.
package struct RetentionPlan: Sendable, Equatable {
    package enum Reason: Sendable, Equatable {
        case last, hourly, daily, weekly, monthly, yearly
        /// The oldest of all, where a rule asks for more than there are.
        case oldest(Rule)
        case within(RetentionSpan)
        /// It has these tags.
        case tags([String: String])
        /// It is one of the newest that count.
        case least
        /// It keeps the key with the label, without which that backup cannot be read.
        case key(label: String, of: String)
        /// It does not count, and not enough that do are newer.
        case doubt(RetentionItem.Doubt)
    }

    package enum Rule: Sendable, CaseIterable { case last, hourly, daily, weekly, monthly, yearly }

    package struct Decision: Sendable, Equatable {
        package let id: String
        /// Empty where it goes.
        package fileprivate(set) var reasons: [Reason] = []
        package var isKept: Bool { !reasons.isEmpty }
    }

    /// In the order of the items.
    package private(set) var decisions: [Decision]

    package var removed: [String] { decisions.filter { !$0.isKept }.map(\.id) }

    /// - Parameters:
    ///   - items: oldest first.
    ///   - least: how many of the newest that count stay in any case; at least 1.
    ///   - now: backups of a later time do not decide from when on `within` counts.
    package init(_ policy: RetentionPolicy, _ items: [RetentionItem], least: Int, now: Timestamp) {
        decisions = items.map { Decision(id: $0.id) }
        let counting = items.indices.filter { items[$0].doubt == nil }
        apply(policy, items, counting, now)
        for index in counting.suffix(max(least, 1)) { decisions[index].reasons.append(.least) }
        // Without any that counts all of them stay.
        let newest = counting.count >= max(least, 1) ? counting[counting.count - max(least, 1)] : items.startIndex
        for index in items.indices.suffix(from: newest) {
            if let doubt = items[index].doubt { decisions[index].reasons.append(.doubt(doubt)) }
        }
        keepKeys(items)
    }

    private mutating func apply(
        _ policy: RetentionPolicy, _ items: [RetentionItem], _ counting: [Int], _ now: Timestamp
    ) {
        for index in items.indices {
            for tags in policy.tags where tags.allSatisfy({ items[index].tags[$0.key] == $0.value }) {
                decisions[index].reasons.append(.tags(tags))
            }
        }
        if let span = policy.within,
            let latest = counting.map({ items[$0].time }).filter({ $0.moment < now }).max(by: { $0.moment < $1.moment })
        {
            let start = latest.before(years: span.years, months: span.months, days: span.days, hours: span.hours)
            for index in items.indices where items[index].time.moment > start {
                decisions[index].reasons.append(.within(span))
            }
        }
        var slots = Rule.allCases.map { Slot($0, policy) }
        for index in counting.reversed() {
            for number in slots.indices {
                let reason = slots[number].take(items[index].time, isOldest: index == counting.first)
                if let reason { decisions[index].reasons.append(reason) }
            }
        }
    }

    /// What is left of a rule while the backups are gone through, the newest first.
    private struct Slot {
        private let rule: Rule
        private var left: Int
        private var bucket: [Int]?

        init(_ rule: Rule, _ policy: RetentionPolicy) {
            self.rule = rule
            let count =
                switch rule {
                case .last: policy.last
                case .hourly: policy.hourly
                case .daily: policy.daily
                case .weekly: policy.weekly
                case .monthly: policy.monthly
                case .yearly: policy.yearly
                }
            left =
                switch count {
                case nil: 0
                case .some(.some(let number)): number
                case .some(.all): .max
                }
        }

        mutating func take(_ time: LocalTime, isOldest: Bool) -> Reason? {
            guard left > 0 else { return nil }
            let now = value(time), isNew = rule == .last || now != bucket
            guard isNew || isOldest else { return nil }
            bucket = now
            if left != .max { left -= 1 }
            guard isNew else { return .oldest(rule) }
            return switch rule {
            case .last: .last
            case .hourly: .hourly
            case .daily: .daily
            case .weekly: .weekly
            case .monthly: .monthly
            case .yearly: .yearly
            }
        }

        private func value(_ time: LocalTime) -> [Int] {
            switch rule {
            case .last: []
            case .hourly: [time.year, time.month, time.day, time.hour]
            case .daily: [time.year, time.month, time.day]
            case .weekly: [time.week.year, time.week.number]
            case .monthly: [time.year, time.month]
            case .yearly: [time.year]
            }
        }
    }

    /// The newest that keeps it, for each key that one which stays needs and none which stays keeps.
    private mutating func keepKeys(_ items: [RetentionItem]) {
        var waiting = items.indices.filter { decisions[$0].isKept }
        var kept = Set(waiting.flatMap { items[$0].keeps })
        while let index = waiting.popLast() {
            for label in items[index].needs.sorted() where !kept.contains(label) {
                guard let keeper = items.lastIndex(where: { $0.keeps.contains(label) }) else { continue }
                decisions[keeper].reasons.append(.key(label: label, of: items[index].id))
                kept.formUnion(items[keeper].keeps)
                waiting.append(keeper)
            }
        }
    }
}
