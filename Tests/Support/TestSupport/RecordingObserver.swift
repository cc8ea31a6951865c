package import Effects
import Synchronization

/// Writes down every effect of a run, and changes nothing.
package final class RecordingObserver: EffectObserver {
    private let recorded = Mutex<[Effect]>([])

    package init() {}

    /// The effects so far, in the order in which they began.
    package var effects: [Effect] { recorded.withLock { $0 } }

    /// Their kinds, for comparing with a list.
    package var kinds: [Effect.Kind] { effects.map(\.kind) }

    package func before(_ effect: Effect) -> Int32? {
        recorded.withLock { $0.append(effect) }
        return nil
    }

    package func after(_ effect: Effect) -> Int32? { nil }
}
