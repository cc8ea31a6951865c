import InPlace
import Testing

@testable import Rotation

/// A model of what a rotation changes, and runs of the machine through it that fail and are killed at every place: where
/// the work is over, everything agrees.
@Suite struct RotationWorldTests {
    private enum Key { case old, new }

    /// An instance as far as a rotation changes it.
    private struct World {
        let route: RotationRoute
        var rows = Key.old
        var file = Key.old
        var container = Key.old
        var password = Key.old
        var runs = true
        /// Whether the engine starts it again when the host is started.
        var restarts = true
        var isOpen = true
        /// What the journal keeps.
        var state = RotationMachine.State.securing

        /// Does an action, or only its beginning.
        mutating func perform(_ action: RotationMachine.Action) {
            switch action {
            case .secure, .sweep, .prove, .settle, .conclude, .concludeBack, .askWhetherCommitted: break
            case .stopBackend: (runs, restarts) = (false, false)
            case .closeDatabase: isOpen = false
            case .migrate: rows = .new
            case .migrateBack: rows = .old
            case .editFiles: file = .new
            case .editFilesBack: file = .old
            case .makeContainer, .makeContainerBack:
                // An engine makes it from the file as it is; one that fits stays as it is, and runs on.
                guard container != file else { break }
                container = file
                (runs, restarts) = (false, true)
            case .setPassword: password = .new
            case .setPasswordBack: password = .old
            case .openDatabase: isOpen = true
            case .startBackend, .startBackendBack: (runs, restarts) = (true, true)
            }
        }

        /// Whether the instance works, and on which of the two.
        var agrees: Key? {
            let others: [Key] =
                switch route {
                case .encryptionKey, .stagedKey: [rows]
                case .authSecret: []
                case .databasePassword: [password]
                }
            guard runs, isOpen, file == container, others.allSatisfy({ $0 == file }) else { return nil }
            return file
        }
    }

    /// What happens to the action with a number.
    private enum Mishap: CaseIterable {
        case failsBefore, failsAfter, killedBefore, killedAfter, hostRestartsBefore, hostRestartsAfter, turnedBack
    }

    /// Runs until the work is over, with one mishap at each of two places.
    private func run(_ route: RotationRoute, _ mishaps: [Int: Mishap]) -> (World, steps: Int, halts: Int) {
        var world = World(route: route), machine = RotationMachine(.securing, route: route), steps = 0, halts = 0
        var step = machine.action.map(RotationMachine.Step.perform) ?? .ended
        while steps < 200 {
            switch step {
            case .ended, .impossible: return (world, steps, halts)
            case .halted:
                halts += 1
                machine = RotationMachine(world.state, route: route)
                step = machine.handle(.resumed)
            case .perform(let action):
                world.state = machine.state
                let mishap = mishaps[steps]
                steps += 1
                if ![.failsBefore, .killedBefore, .hostRestartsBefore].contains(mishap) { world.perform(action) }
                switch mishap {
                case .failsBefore, .failsAfter: step = machine.handle(.failed)
                case .killedBefore, .killedAfter, .hostRestartsBefore, .hostRestartsAfter:
                    if [.hostRestartsBefore, .hostRestartsAfter].contains(mishap) {
                        world.runs = world.runs && world.restarts
                    }
                    machine = RotationMachine(world.state, route: route)
                    step = machine.handle(.resumed)
                case .turnedBack where !machine.isCommitted: step = machine.handle(.turnedBack)
                case .turnedBack, nil:
                    step = machine.handle(
                        action != .askWhetherCommitted
                            ? .done : world.rows == .new ? .wasCommitted : .wasNotCommitted)
                }
            }
        }
        return (world, steps, halts)
    }

    @Test(arguments: RotationRoute.allCases)
    func `whatever fails or is killed, the end is one where everything agrees`(route: RotationRoute) {
        var runs = 0, undone = 0
        for first in 0..<30 {
            for mishap in Mishap.allCases {
                for second in first..<30 {
                    for other in Mishap.allCases {
                        let mishaps = [first: mishap].merging([second: other]) { $1 }
                        let (world, steps, _) = run(route, mishaps)
                        runs += 1
                        // The end itself is recorded last.
                        #expect(steps < 200, "\(route), \(mishaps)")
                        let isUndone = world.agrees == .old
                        if isUndone { undone += 1 }
                        #expect(world.agrees != nil, "\(route), \(mishaps): \(world)")
                        #expect(
                            isUndone == (world.state == .concludingBack), "\(route), \(mishaps): \(world)")
                    }
                }
            }
        }
        #expect(runs == 22785 && undone > 500 && undone < runs)
    }

    @Test(arguments: RotationRoute.allCases)
    func `without a mishap the new key is in force`(route: RotationRoute) {
        let (world, _, halts) = run(route, [:])
        #expect(world.agrees == .new && world.state == .concluding && halts == 0)
    }
}
