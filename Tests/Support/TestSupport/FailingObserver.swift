package import Effects
import Glibc
import Synchronization

/// Makes one effect of a run fail, or ends the process at it: the injector of the crash matrices.
package final class FailingObserver: EffectObserver {
    /// How the effect ends.
    package enum Kind: String, Sendable, CaseIterable {
        /// It is not done, and fails.
        case failsBefore
        /// It is done, and fails all the same.
        case failsAfter
        /// The process is killed (SIGKILL) just before; only for child processes.
        case killsBefore
        /// The process is killed just after.
        case killsAfter
    }

    private let position: Int
    private let kind: Kind
    private let error: Int32
    private let isSticky: Bool
    private let isCounted: @Sendable (Effect) -> Bool
    // Effects chosen by `isCounted`, numbered from 1 as each begins, by their number in the process.
    private let seen = Mutex<(count: Int, positions: [Int: Int])>((0, [:]))

    /// - Parameters:
    ///   - position: the how-manieth effect it happens at, from 1.
    ///   - error: the errno it fails with.
    ///   - sticky: whether all later effects fail as well, as on a disk that stays full.
    ///   - counting: which effects are counted; all of them by default.
    package init(
        at position: Int, kind: Kind, error: Int32 = EIO, sticky: Bool = false,
        counting: @escaping @Sendable (Effect) -> Bool = { _ in true }
    ) {
        self.position = position
        self.kind = kind
        self.error = error
        isSticky = sticky
        isCounted = counting
    }

    /// Whether the run was long enough to come to the effect; a matrix ends when it was not.
    package var happened: Bool { seen.withLock { $0.count >= position } }

    package func before(_ effect: Effect) -> Int32? {
        guard isCounted(effect) else { return nil }
        let count = seen.withLock { seen in
            seen.count += 1
            seen.positions[effect.number] = seen.count
            return seen.count
        }
        if isSticky, count > position { return error }
        guard count == position else { return nil }
        if kind == .killsBefore { kill(getpid(), SIGKILL) }
        return kind == .failsBefore ? error : nil
    }

    package func after(_ effect: Effect) -> Int32? {
        guard seen.withLock({ $0.positions.removeValue(forKey: effect.number) }) == position else { return nil }
        if kind == .killsAfter { kill(getpid(), SIGKILL) }
        return kind == .failsAfter ? error : nil
    }
}
