import Effects
import Glibc
import Synchronization

/// Cancels a run at an effect, as a signal would.
final class CancellingObserver: EffectObserver {
    private let cancellation: Cancellation
    private let position: Int
    private let count = Atomic<Int>(0)

    init(_ cancellation: Cancellation, at position: Int) {
        self.cancellation = cancellation
        self.position = position
    }

    func before(_ effect: Effect) -> Int32? {
        if count.add(1, ordering: .relaxed).newValue == position { cancellation.cancel(signal: SIGINT) }
        return nil
    }

    func after(_ effect: Effect) -> Int32? { nil }
}
