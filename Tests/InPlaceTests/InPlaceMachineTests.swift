import Testing

@testable import InPlace

@Suite struct InPlaceMachineTests {
    /// Where an event leads to; `halted` stays where it is, nil is impossible.
    private enum Next: Equatable {
        case to(InPlaceMachine.State)
        case halted
        case impossible
    }

    /// Every state with every event, in the order of `Event.allCases`: done, failed, wasExchanged, wasNotExchanged, resumed.
    /// With Redis to be emptied.
    private static let table: [(InPlaceMachine.State, [Next])] = [
        (.copying, [.to(.stopping), .to(.discarding), .impossible, .impossible, .to(.discarding)]),
        (.stopping, [.to(.exchanging), .to(.reopening), .impossible, .impossible, .to(.stopping)]),
        (.exchanging, [.to(.emptying), .to(.askingBack), .impossible, .impossible, .to(.asking)]),
        (.asking, [.impossible, .halted, .to(.emptying), .to(.stopping), .to(.asking)]),
        (.askingBack, [.impossible, .halted, .to(.emptying), .to(.reopening), .to(.askingBack)]),
        (.reopening, [.to(.returning), .halted, .impossible, .impossible, .to(.reopening)]),
        (.returning, [.to(.discarding), .halted, .impossible, .impossible, .to(.returning)]),
        (.discarding, [.to(.undone), .halted, .impossible, .impossible, .to(.discarding)]),
        (.emptying, [.to(.starting), .halted, .impossible, .impossible, .to(.emptying)]),
        (.starting, [.to(.exchanged), .halted, .impossible, .impossible, .to(.starting)]),
        (.undone, [.impossible, .impossible, .impossible, .impossible, .impossible]),
        (.exchanged, [.impossible, .impossible, .impossible, .impossible, .impossible]),
    ]

    private static let actions: [InPlaceMachine.State: InPlaceMachine.Action] = [
        .copying: .makeCopy, .stopping: .stopBackend, .exchanging: .exchangeDatabases, .asking: .askWhetherExchanged,
        .askingBack: .askWhetherExchanged, .reopening: .reopenDatabase, .returning: .startOldBackend,
        .discarding: .discardCopy, .emptying: .emptyRedis, .starting: .startBackend,
    ]

    @Test func `every event in every state`() {
        #expect(Self.table.map(\.0) == InPlaceMachine.State.allCases)
        var pairs = 0
        for (state, row) in Self.table {
            #expect(row.count == InPlaceMachine.Event.allCases.count)
            for (event, next) in zip(InPlaceMachine.Event.allCases, row) {
                for emptiesRedis in [true, false] {
                    var machine = InPlaceMachine(state, emptiesRedis: emptiesRedis)
                    let step = machine.handle(event)
                    pairs += 1
                    switch next {
                    case .to(let expected):
                        let to = expected == .emptying && !emptiesRedis ? .starting : expected
                        #expect(machine.state == to, "\(state), \(event)")
                        #expect(step == Self.actions[to].map(InPlaceMachine.Step.perform) ?? .ended)
                    case .halted: #expect(machine.state == state && step == .halted, "\(state), \(event)")
                    case .impossible: #expect(machine.state == state && step == .impossible, "\(state), \(event)")
                    }
                }
            }
        }
        #expect(pairs == 120)
    }

    @Test func `from every state a run that meets no failure comes to an end, and one that does stops or goes back`() {
        for state in InPlaceMachine.State.allCases where state != .undone && state != .exchanged {
            for isExchanged in [true, false] {
                var machine = InPlaceMachine(state, emptiesRedis: true), step = machine.handle(.resumed), count = 0
                var databases = isExchanged
                while case .perform(let action) = step, count < 20 {
                    count += 1
                    if action == .exchangeDatabases { databases = true }
                    let answer: InPlaceMachine.Event = databases ? .wasExchanged : .wasNotExchanged
                    step = machine.handle(action == .askWhetherExchanged ? answer : .done)
                }
                #expect(step == .ended, "\(state)")
            }
        }
    }

    @Test func `whatever fails, the backend is never left stopped by a run that says it is over`() {
        // Every sequence of outcomes of ten actions.
        for bits in 0..<1024 {
            for first in [InPlaceMachine.State.copying, .stopping] {
                var machine = InPlaceMachine(first, emptiesRedis: true), runs = true, databases = false
                var step = InPlaceMachine.Step.perform(first == .copying ? .makeCopy : .stopBackend), at = 0
                while case .perform(let action) = step {
                    let fails = bits >> (at % 10) & 1 == 1
                    at += 1
                    if action == .askWhetherExchanged && !fails {
                        step = machine.handle(databases ? .wasExchanged : .wasNotExchanged)
                        continue
                    }
                    // A failure may have been none: the step was done all the same.
                    switch action {
                    case .stopBackend: runs = false
                    case .exchangeDatabases: databases = databases || !fails || bits & 1 == 1
                    case .startBackend, .startOldBackend: if !fails { runs = true }
                    default: break
                    }
                    step = machine.handle(fails ? .failed : .done)
                }
                #expect(step == .ended || step == .halted)
                if step == .ended { #expect(runs, "\(String(bits, radix: 2))") }
                if machine.state == .exchanged { #expect(databases) }
                if machine.state == .undone, first == .copying { #expect(!databases || bits & 1 == 0 || runs) }
            }
        }
    }

    @Test func `once the database may have been closed, no way back leaves it closed`() {
        for bits in 0..<4096 {
            var machine = InPlaceMachine(.exchanging, emptiesRedis: true), isClosed = true,
                step = machine.handle(.resumed)
            var at = 0
            while case .perform(let action) = step, at < 40 {
                let fails = bits >> (at % 12) & 1 == 1
                at += 1
                if action == .reopenDatabase, !fails { isClosed = false }
                if action == .exchangeDatabases { isClosed = true }
                step = machine.handle(
                    fails ? .failed : action == .askWhetherExchanged ? .wasNotExchanged : .done)
            }
            if step == .ended, machine.state == .undone { #expect(!isClosed, "\(String(bits, radix: 2))") }
        }
    }
}
