import Testing

@testable import InPlace

@Suite struct InPlaceHistoryTests {
    private let server = DatabaseServer(identifier: "7", address: "db:5432")

    private func work(_ live: String = "infisical", backup: String? = "b1", replaced: UInt32? = 20) -> InPlaceWork {
        InPlaceWork(
            server: server, backup: backup, live: live,
            replaced: replaced.map { DatabaseIdentity(name: live, oid: $0) }, copy: live + "_restored",
            kept: live + "_before", backend: nil, emptiesRedis: true)
    }

    @Test func `a record is one line, and reads back as itself`() throws {
        let records: [InPlaceRecord] =
            [
                .began(work()), .began(work(backup: nil, replaced: nil)),
                .earlier(.init(server: server, live: "a\nb\"", kept: DatabaseIdentity(name: "ü", oid: .max))),
            ] + InPlaceMachine.State.allCases.map(InPlaceRecord.entered)
        for record in records {
            let line = try record.line()
            #expect(!line.contains("\n"))
            #expect(try InPlaceRecord(line: line) == record)
        }
        #expect(throws: (any Error).self) { try InPlaceRecord(line: "{}") }
    }

    @Test func `a work is open until its end, in the state that was recorded last`() {
        var history = InPlaceHistory([.began(work())])
        #expect(history.open == .init(work()) && history.open?.state == .copying)
        #expect(InPlaceHistory([.began(work(backup: nil))]).open?.state == .stopping)
        for state in [InPlaceMachine.State.stopping, .exchanging, .emptying, .starting] {
            history.add(.entered(state))
            #expect(history.open?.state == state)
        }
        history.add(.entered(.exchanged))
        #expect(history.open == nil)
        #expect(InPlaceHistory([.began(work()), .entered(.discarding), .entered(.undone)]).open == nil)
    }

    @Test func `what an exchange kept is known from the moment the names have changed`() {
        let kept = DatabaseIdentity(name: "infisical_before", oid: 20)
        for state in [InPlaceMachine.State.emptying, .starting, .exchanged] {
            let history = InPlaceHistory([.began(work()), .entered(state)])
            #expect(history.lastExchange(of: "infisical", on: server)?.kept == kept)
        }
        let undone = InPlaceHistory([.began(work()), .entered(.exchanging), .entered(.undone)])
        #expect(undone.lastExchange(of: "infisical", on: server) == nil)
    }

    @Test func `where nothing was in place before, nothing is kept, and no older one takes its place`() {
        let history = InPlaceHistory([
            .began(work()), .entered(.exchanged), .began(work(replaced: nil)), .entered(.exchanged),
        ])
        let last = history.lastExchange(of: "infisical", on: server)
        #expect(last != nil && last?.kept == nil)
    }

    @Test func `a new journal carries one exchange of each database on each server`() {
        var records: [InPlaceRecord] = []
        for round in 0..<1000 {
            for name in ["a", "b"] { records += [.began(work(name, replaced: UInt32(round))), .entered(.exchanged)] }
        }
        let history = InPlaceHistory(records)
        #expect(history.digest.count == 2)
        #expect(InPlaceHistory(history.digest).lastExchange(of: "a", on: server)?.kept?.oid == 999)
    }

    @Test func `servers are told apart by their number, and by their address only without one`() {
        let other = DatabaseServer(identifier: "8", address: "db:5432"),
            moved = DatabaseServer(
                identifier: "7", address: "new:5432")
        let unknown = DatabaseServer(identifier: nil, address: "db:5432")
        #expect(!server.isSame(as: other) && server.isSame(as: moved))
        #expect(server.isSame(as: unknown) && !moved.isSame(as: unknown))
        let history = InPlaceHistory([.began(work()), .entered(.exchanged)])
        #expect(history.lastExchange(of: "infisical", on: other) == nil)
        #expect(history.lastExchange(of: "infisical", on: moved) != nil)
        #expect(history.lastExchange(of: "infisical2", on: server) == nil)
    }
}
