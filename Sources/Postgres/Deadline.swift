import Effects

/// A moment on the monotonic clock at which waiting ends.
struct Deadline {
    /// How long the whole wait may take.
    let seconds: Double
    private let end: UInt64?

    /// - Parameter seconds: nil waits for ever.
    init(seconds: Double?) {
        self.seconds = seconds ?? .infinity
        end = seconds.map { SystemClock().monotonic(after: $0) }
    }

    var hasPassed: Bool { end.map { SystemClock().monotonic() >= $0 } ?? false }

    /// For `poll(2)`: rounded up, -1 for ever.
    var millisecondsLeft: Int32 {
        guard let end else { return -1 }
        let now = SystemClock().monotonic()
        return now >= end ? 0 : Int32(min(UInt64(Int32.max), (end - now) / 1_000_000 + 1))
    }
}
