import InPlace
import Testing

/// What is said of an interrupted restore in place, by the state of its journal.
struct InPlaceStandingTests {
    private static func work(
        _ backup: String?, redoes: Bool = false, replaced: Bool = true, emptiesRedis: Bool = true
    ) -> InPlaceWork {
        InPlaceWork(
            server: DatabaseServer(identifier: nil, address: "h:1"), backup: backup, live: "live",
            replaced: replaced ? DatabaseIdentity(name: "live", oid: 1) : nil, copy: "copy", kept: "old", backend: nil,
            emptiesRedis: emptiesRedis, reversal: backup == nil ? .init(backup: "B", isRedo: redoes) : nil)
    }

    private static let same = "the live database \"live\" is unchanged"
    private static let swapped =
        "the databases were swapped: the live database \"live\" is now the restored copy of the backup B, "
        + "the previous database is kept as \"old\""

    @Test(
        arguments: [
            (.undone, false, nil, "\(same), the copy was dropped, and the backend was not stopped"),
            (.undone, true, nil, "\(same), the copy was dropped, and the backend was started again"),
            (
                .discarding, true, nil,
                "\(same), the copy \"copy\" is not dropped yet, and the backend was started again"
            ),
            (.returning, true, false, "\(same), the copy \"copy\" is not dropped yet, and the backend does not run"),
            (
                .returning, true, nil,
                "\(same), the copy \"copy\" is not dropped yet, and whether the backend was started is not known"
            ),
            (
                .reopening, true, nil,
                "\(same) but may still be closed to sessions, the copy \"copy\" is not dropped yet, and the backend is stopped"
            ),
            (.asking, true, nil, "whether the databases were swapped is not known yet, and the backend is stopped"),
            (.emptying, true, nil, "\(swapped), and the backend is stopped"),
            (.starting, true, true, "\(swapped), and the backend runs"),
            (.starting, true, nil, "\(swapped), and whether the backend was started is not known"),
            (.exchanged, true, nil, "\(swapped), and the backend was started again"),
        ] as [(InPlaceMachine.State, Bool, Bool?, String)])
    func `each state says which database is live, what became of the copy, and whether the backend runs`(
        state: InPlaceMachine.State, stops: Bool, runs: Bool?, text: String
    ) {
        #expect(InPlaceStanding(Self.work("B"), state, stopsBackend: stops, backendRuns: runs).text == text)
    }

    @Test func `no state is left out, and none says that a copy of an undo is dropped`() {
        for state in InPlaceMachine.State.allCases {
            for work in [Self.work("B"), Self.work(nil), Self.work(nil, redoes: true), Self.work("B", replaced: false)]
            {
                for stops in [true, false] {
                    let text = InPlaceStanding(work, state, stopsBackend: stops).text
                    #expect(text.contains("swapped") || text.contains("live"))
                    #expect(text.contains("backend"))
                    #expect(work.ownsCopy || !text.contains("dropped"), "\(state): \(text)")
                }
            }
        }
    }

    @Test func `the command goes on with the same work`() {
        #expect(Self.work("B").command == ["infisical-ops", "restore", "B", "--in-place"])
        #expect(
            Self.work(nil, emptiesRedis: false).command
                == ["infisical-ops", "restore", "--in-place", "--undo", "--keep-redis"])
    }

    @Test func `an undo, and the undo of it, are told apart by the history`() throws {
        var history = InPlaceHistory()
        let server = DatabaseServer(identifier: nil, address: "h:1")
        var last: InPlaceRecord.Exchange? { history.lastExchange(of: "live", on: server) }
        let done = { (work: InPlaceWork) in
            for record in [InPlaceRecord.began(work), .entered(.starting), .entered(.exchanged)] {
                // As it is read back from the journal.
                history.add(try InPlaceRecord(line: try record.line()))
            }
        }
        try done(Self.work("B"))
        #expect(last?.reversal == .init(backup: "B", isRedo: false))
        try done(Self.work(nil))
        #expect(last?.reversal == .init(backup: "B", isRedo: true))
        try done(Self.work(nil, redoes: true))
        #expect(last?.reversal == .init(backup: "B", isRedo: false))
        // The lines of an earlier version say neither.
        let earlier = #"{"earlier":{"_0":{"live":"live","server":{"address":"h:1"}}}}"#
        guard case .earlier(let exchange) = try InPlaceRecord(line: earlier) else {
            Issue.record("it is no exchange")
            return
        }
        #expect(exchange.reversal == .init(backup: nil, isRedo: false))
    }
}
