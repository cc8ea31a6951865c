import Synchronization

/// Hands out numbers from 0 on, each once, to several threads.
final class Counter: Sendable {
    private let next = Atomic<Int>(0)

    /// The next number; nil from `end` on.
    func take(below end: Int) -> Int? {
        let number = next.add(1, ordering: .relaxed).oldValue
        return number < end ? number : nil
    }
}
