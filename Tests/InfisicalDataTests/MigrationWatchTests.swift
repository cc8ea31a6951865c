import InfisicalData
import Testing

@Suite struct MigrationWatchTests {
    private let quiet = MigrationSigns(isAtWork: false, writers: [], recorded: 105)

    private func findings(_ signs: [MigrationSigns]) -> [MigrationWatch.Finding] {
        var watch = MigrationWatch()
        return signs.map { watch.look(.migrating, $0) }
    }

    private func isRunning(_ finding: MigrationWatch.Finding) -> Bool {
        if case .running = finding { true } else { false }
    }

    @Test func `a lock behind which nothing moves is stale after five looks`() {
        let found = findings(Array(repeating: quiet, count: 5))
        #expect(found == [.undecided, .undecided, .undecided, .undecided, .stale])
    }

    @Test func `what shows a migration begins the count anew`() {
        let busy = MigrationSigns(isAtWork: true, writers: [], recorded: 105)
        let found = findings([quiet, quiet, quiet, quiet, busy, quiet, quiet, quiet, quiet, quiet])
        #expect(isRunning(found[4]) && found[8] == .undecided && found[9] == .stale)
    }

    @Test func `a transaction that goes on writing for a second is one`() {
        let one = MigrationSigns(isAtWork: false, writers: ["5/12"], recorded: 105)
        #expect(isRunning(findings([one, one])[1]))
    }

    // The application serves beside a stale lock: it writes all the time, each time in another transaction.
    @Test func `short transactions of the application are none`() {
        let found = findings((0..<5).map { MigrationSigns(isAtWork: false, writers: ["5/\($0)"], recorded: 105) })
        #expect(found[4] == .stale)
    }

    @Test func `a migration that was recorded in between is one`() {
        let next = MigrationSigns(isAtWork: false, writers: [], recorded: 106)
        #expect(isRunning(findings([quiet, next])[1]))
    }

    @Test func `a fresh heartbeat is believed, and a free lock needs no signs`() {
        var watch = MigrationWatch()
        for _ in 0..<10 { #expect(isRunning(watch.look(.starting(node: "a"), quiet))) }
        #expect(watch.look(.free, .none) == .free)
    }
}
