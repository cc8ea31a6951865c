import Glibc
import Synchronization

/// A value that one thread makes, once, and others wait for.
package final class Handover<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let isGiven = Cancellation()

    package init() {}

    package func give(_ value: Value) {
        self.value.withLock { $0 = value }
        isGiven.cancel()
    }

    /// Waits for the value; `cancellation` ends the wait.
    package func take(_ cancellation: Cancellation) throws(Interruption) -> Value {
        while true {
            if let value = value.withLock({ $0 }) { return value }
            // Not for ever: the system may have had no descriptor left that would wake us.
            _ = try cancellation.wait(for: isGiven.descriptor, events: POLLIN, milliseconds: 200)
        }
    }
}
