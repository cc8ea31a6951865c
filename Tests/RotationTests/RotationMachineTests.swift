import InPlace
import Testing

@testable import Rotation

@Suite struct RotationMachineTests {
    typealias State = RotationMachine.State

    private enum Next: Equatable {
        case to(State)
        case halted
        case impossible
    }

    /// Every state of the longest way with every event, in the order of `Event.allCases`: done, failed, wasCommitted,
    /// wasNotCommitted, resumed, turnedBack.
    private static let table: [(State, [Next])] = [
        (.securing, [.to(.stopping), .to(.concludingBack), no, no, .to(.concludingBack), .to(.concludingBack)]),
        (.stopping, [.to(.closing), .to(.openingBack), no, no, .to(.stopping), .to(.openingBack)]),
        (.closing, [.to(.migrating), .to(.openingBack), no, no, .to(.stopping), .to(.openingBack)]),
        (.migrating, [.to(.editing), .to(.askingBack), no, no, .to(.asking), .to(.askingBack)]),
        (.asking, [no, .halted, .to(.editing), .to(.stopping), .to(.asking), .to(.askingBack)]),
        (.askingBack, [no, .halted, .to(.haltingBack), .to(.openingBack), .to(.askingBack), .to(.askingBack)]),
        (.editing, [.to(.making), .to(.haltingBack), no, no, .to(.editing), .to(.haltingBack)]),
        (.making, [.to(.opening), .to(.haltingBack), no, no, .to(.making), .to(.haltingBack)]),
        (.opening, [.to(.starting), .to(.haltingBack), no, no, .to(.opening), .to(.haltingBack)]),
        (.starting, [.to(.sweeping), .to(.haltingBack), no, no, .to(.starting), .to(.haltingBack)]),
        (.sweeping, [.to(.proving), .to(.haltingBack), no, no, .to(.starting), .to(.haltingBack)]),
        (.proving, [.to(.committed), .to(.haltingBack), no, no, .to(.starting), .to(.haltingBack)]),
        (.committed, [.to(.concluding), .to(.concluding), no, no, .to(.committed), no]),
        (.concluding, [.to(.rotated), .halted, no, no, .to(.concluding), no]),
        (.haltingBack, [.to(.closingBack), .halted, no, no, .to(.haltingBack), .to(.haltingBack)]),
        (.closingBack, [.to(.migratingBack), .halted, no, no, .to(.haltingBack), .to(.haltingBack)]),
        (.migratingBack, [.to(.editingBack), .halted, no, no, .to(.haltingBack), .to(.haltingBack)]),
        (.editingBack, [.to(.makingBack), .halted, no, no, .to(.editingBack), .to(.editingBack)]),
        (.makingBack, [.to(.openingBack), .halted, no, no, .to(.makingBack), .to(.makingBack)]),
        (.openingBack, [.to(.startingBack), .halted, no, no, .to(.openingBack), .to(.openingBack)]),
        (.startingBack, [.to(.concludingBack), .halted, no, no, .to(.startingBack), .to(.startingBack)]),
        (.concludingBack, [.to(.undone), .halted, no, no, .to(.concludingBack), .to(.concludingBack)]),
        (.undone, [no, no, no, no, no, no]), (.rotated, [no, no, no, no, no, no]),
        // What only other rotations come through.
        (.authorizing, [no, no, no, no, no, no]), (.authorizingBack, [no, no, no, no, no, no]),
    ]
    private static let no = Next.impossible

    @Test func `every event in every state of the encryption key's rotation`() {
        #expect(Set(Self.table.map(\.0)) == Set(State.allCases) && Self.table.count == State.allCases.count)
        for (state, row) in Self.table {
            #expect(row.count == RotationMachine.Event.allCases.count)
            for (event, next) in zip(RotationMachine.Event.allCases, row) {
                var machine = RotationMachine(state, route: .encryptionKey)
                let step = machine.handle(event)
                switch next {
                case .to(let expected):
                    #expect(machine.state == expected, "\(state), \(event)")
                    #expect(step == machine.action.map(RotationMachine.Step.perform) ?? .ended)
                case .halted: #expect(machine.state == state && step == .halted, "\(state), \(event)")
                case .impossible: #expect(machine.state == state && step == .impossible, "\(state), \(event)")
                }
            }
        }
    }

    @Test(arguments: [
        (
            RotationRoute.stagedKey,
            [State.securing, .migrating, .editing, .making, .starting, .proving, .committed, .concluding, .rotated]
        ),
        (.authSecret, [.securing, .editing, .making, .starting, .proving, .committed, .concluding, .rotated]),
        (
            .databasePassword,
            [.securing, .editing, .making, .authorizing, .starting, .proving, .committed, .concluding, .rotated]
        ),
    ])
    func `the other ways forward, and where a failure leads`(route: RotationRoute, way: [State]) {
        var machine = RotationMachine(.securing, route: route), came = [State.securing]
        while case .perform = machine.handle(.done) { came.append(machine.state) }
        #expect(came + [machine.state] == way)
        for state in way.dropFirst() where !RotationMachine(state, route: route).isCommitted {
            var machine = RotationMachine(state, route: route)
            #expect(machine.handle(.failed) != .halted)
            #expect(machine.goesBack && RotationMachine.has(machine.state, route), "\(route), \(state)")
        }
    }

    /// Every state, event and kind: no step leads to a state that the kind does not know, and none has no action.
    @Test func `no rotation comes to a state of another one`() {
        var pairs = 0
        for route in RotationRoute.allCases {
            for state in State.allCases {
                for event in RotationMachine.Event.allCases {
                    var machine = RotationMachine(state, route: route)
                    let step = machine.handle(event)
                    pairs += 1
                    guard RotationMachine.has(state, route) else {
                        #expect(step == .impossible)
                        continue
                    }
                    #expect(RotationMachine.has(machine.state, route), "\(route), \(state), \(event): \(machine.state)")
                    if case .perform(let action) = step { #expect(machine.action == action) }
                    if step == .ended { #expect(machine.action == nil) }
                    // Nothing leads back from the commit point, and nothing forward from the way back.
                    let before = RotationMachine(state, route: route)
                    if before.isCommitted { #expect(machine.isCommitted) }
                    if before.goesBack { #expect(machine.goesBack || machine.state == .undone) }
                }
            }
        }
        #expect(pairs == RotationRoute.allCases.count * State.allCases.count * 6)
    }
}
