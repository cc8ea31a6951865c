package import Effects

/// Measures the parts of a recovery.
package final class RecoveryPhases {
    package struct Phase: Sendable {
        package let name: String
        package let seconds: Double
    }

    private let clock: any Clock
    private let start: UInt64
    package private(set) var all: [Phase] = []
    /// The part that was begun last.
    private(set) var last: String?

    package init(_ clock: any Clock) {
        self.clock = clock
        start = clock.monotonic()
    }

    /// Seconds since the beginning.
    package var total: Double { Double(clock.monotonic() - start) / 1e9 }

    func measure<Value>(_ name: String, _ body: () throws -> Value) rethrows -> Value {
        last = name
        let begin = clock.monotonic()
        let value = try body()
        all.append(Phase(name: name, seconds: Double(clock.monotonic() - begin) / 1e9))
        return value
    }

    /// A part that was measured from a moment on.
    func add(_ name: String, since begin: UInt64) {
        all.append(Phase(name: name, seconds: Double(clock.monotonic() - begin) / 1e9))
    }
}
