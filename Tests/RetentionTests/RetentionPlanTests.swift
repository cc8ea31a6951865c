import Effects
import Retention
import Testing

/// What each rule keeps, on histories whose outcome can be counted on the fingers.
@Suite struct RetentionPlanTests {
    private static let day: Int64 = 86_400
    /// 2026-01-01T03:00:00Z, a Thursday.
    private static let start: Int64 = 1_767_236_400

    private func item(_ seconds: Int64, doubt: RetentionItem.Doubt? = nil) -> RetentionItem {
        RetentionItem(
            id: "\(seconds / 3600)", time: LocalTime(Timestamp(seconds: Self.start + seconds)), doubt: doubt)
    }

    private func days(_ numbers: some Sequence<Int64>) -> [RetentionItem] { numbers.map { item($0 * Self.day) } }

    private func kept(
        _ items: [RetentionItem], least: Int = 1, now: Int64 = 1 << 40, _ change: (inout RetentionPolicy) -> Void
    ) -> [Int] {
        var policy = RetentionPolicy()
        change(&policy)
        let plan = RetentionPlan(policy, items, least: least, now: Timestamp(seconds: now))
        return plan.decisions.indices.filter { plan.decisions[$0].isKept }
    }

    @Test func `each rule keeps the newest of its buckets, and the oldest of all while it has some left`() {
        #expect(kept(days(0..<10)) { $0.last = .some(3) } == [7, 8, 9])
        #expect(kept(days(0..<10)) { $0.daily = .some(4) } == [6, 7, 8, 9])
        // The first of January is a Thursday: weeks end with day 3 and day 10.
        #expect(kept(days(0..<14)) { $0.weekly = .some(2) } == [10, 13])
        #expect(kept(days(0..<14)) { $0.weekly = .some(9) } == [0, 3, 10, 13])
        #expect(kept(days(0..<60)) { $0.monthly = .all } == [0, 30, 58, 59])
        #expect(kept(days(0..<60)) { $0.yearly = .some(1) } == [59])
        #expect(kept([item(0), item(600), item(3_600), item(4_200)]) { $0.hourly = .some(2) } == [1, 3])
        #expect(kept(days(0..<4)) { _ in } == [3], "what keeps nothing keeps the least all the same")
    }

    @Test func `within counts back from the newest that is not of the future`() {
        #expect(kept(days(0..<10)) { $0.within = RetentionSpan(days: 2) } == [8, 9])
        let now = Self.start + 5 * Self.day + 1
        #expect(kept(days(0..<10), now: now) { $0.within = RetentionSpan(days: 2) } == [4, 5, 6, 7, 8, 9])
    }

    @Test func `tags keep what has all of one set`() {
        let items = [["a": "1", "b": "2"], ["a": "1"], ["b": "2"], [:]].enumerated().map { number, tags in
            RetentionItem(
                id: "\(number)", time: LocalTime(Timestamp(seconds: Self.start + Int64(number))), tags: tags)
        }
        #expect(kept(items) { $0.tags = [["a": "1", "b": "2"]] } == [0, 3])
        #expect(kept(items) { $0.tags = [["a": "1"], ["b": "2"]] } == [0, 1, 2, 3])
    }

    @Test func `what does not count pushes out nothing, and stays until enough that does is newer`() {
        for doubt in RetentionItem.Doubt.allCases {
            let bad = (10..<40).map { item($0 * Self.day, doubt: doubt) }
            #expect(kept(days(0..<10) + bad, least: 3) { $0.last = .some(3) } == [7, 8, 9] + Array(10..<40))
            // One good one later: two of the old ones stay, and the bad ones between them.
            let later = days(0..<10) + bad + [item(40 * Self.day)]
            #expect(kept(later, least: 3) { $0.last = .some(1) } == [8, 9] + Array(10..<41))
            let good = later + days(41..<43)
            #expect(kept(good, least: 3) { $0.last = .some(1) } == [40, 41, 42])
        }
        #expect(kept([item(0, doubt: .unproven), item(1, doubt: .unproven)]) { $0.last = .some(1) } == [0, 1])
        #expect(kept([item(0), item(1, doubt: .shrunk)], least: 2) { $0.last = .some(1) } == [0, 1])
    }

    @Test func `a backup that keeps the key of another stays as long as that one`() {
        let items = [
            (needs: Set(["old"]), keeps: Set(["old"])), (needs: ["old"], keeps: []), (needs: ["new"], keeps: ["new"]),
        ].enumerated().map { number, keys in
            RetentionItem(
                id: "\(number)", time: LocalTime(Timestamp(seconds: Self.start + Int64(number) * Self.day)),
                needs: keys.needs, keeps: keys.keeps)
        }
        #expect(kept(items) { $0.last = .some(2) } == [0, 1, 2])
        #expect(kept(items) { $0.last = .some(1) } == [2])
        let plan = RetentionPlan(RetentionPolicy(), items, least: 2, now: Timestamp(seconds: 1 << 40))
        #expect(plan.decisions[0].reasons == [.key(label: "old", of: "1")])
    }

    @Test(arguments: [
        ("1y5m7d2h", RetentionSpan(years: 1, months: 5, days: 7, hours: 2)), ("30d", RetentionSpan(days: 30)),
        ("2h1y", RetentionSpan(years: 1, hours: 2)),
    ])
    func `a span is read as restic reads it`(text: String, span: RetentionSpan) throws {
        #expect(try RetentionSpan(parsing: text) == span)
    }

    @Test(arguments: [
        ("", 0), ("d", 0), ("1", 1), ("1w", 1), ("1d2d", 3), ("1d 2h", 2), ("-1d", 0), ("1234567d", 0), ("0d", 0),
        ("1d2", 3),
    ])
    func `what is no span is refused at its place`(text: String, offset: Int) {
        #expect { try RetentionSpan(parsing: text) } throws: { ($0 as? RetentionSpan.Problem)?.offset == offset }
    }
}
