import Effects
import Glibc
import Synchronization

/// Runs a program just before one effect of a run: something that happens to the instance meanwhile.
final class Interloper: EffectObserver {
    private let program: String
    private let position: Int
    private let isCounted: @Sendable (Effect) -> Bool
    private let seen = Mutex(0)

    /// - Parameters:
    ///   - program: its path; it gets no arguments.
    ///   - position: the how-manieth effect it is run before, from 1.
    ///   - counting: which effects are counted.
    init(_ program: String, at position: Int, counting: @escaping @Sendable (Effect) -> Bool) {
        self.program = program
        self.position = position
        isCounted = counting
    }

    func before(_ effect: Effect) -> Int32? {
        guard isCounted(effect) else { return nil }
        let count = seen.withLock { count in
            count += 1
            return count
        }
        // A run to which nothing happened would prove nothing.
        if count == position, system(program) != 0 { abort() }
        return nil
    }

    func after(_ effect: Effect) -> Int32? { nil }
}
