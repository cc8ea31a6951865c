import CLinux
import Glibc
import Synchronization

/// The one flag that asks a run to stop, and a descriptor that becomes readable when it is set.
///
/// Signal handlers call `cancel(signal:)`; every `poll(2)` watches `descriptor`; loops ask `isCancelled` between chunks.
package final class Cancellation: Sendable {
    private let signalNumber = Atomic<Int32>(0)
    /// An eventfd; readable from the moment of cancellation on. -1 if the system had none left.
    package let descriptor: Int32
    /// What a second call asks to stop: work that leads back after the first one. Nil where nobody asks twice.
    package let second: Cancellation?

    /// - Parameter isTwofold: whether a second call is told apart from the first.
    package init(isTwofold: Bool = false) {
        descriptor = clinux_eventfd()
        second = isTwofold ? Cancellation() : nil
    }

    deinit { close(descriptor) }

    /// Asks to stop. Safe in a signal handler; only the first call counts here, the later ones with `second`.
    package func cancel(signal: Int32 = SIGTERM) {
        // The code that a signal interrupts may be about to read it.
        let code = errno
        defer { errno = code }
        let (isFirst, _) = signalNumber.compareExchange(
            expected: 0, desired: signal, ordering: .sequentiallyConsistent)
        if !isFirst { second?.cancel(signal: signal) }
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    package var isCancelled: Bool { signalNumber.load(ordering: .relaxed) != 0 }

    /// The signal that asked, or nil while nobody did.
    package var signal: Int32? {
        let number = signalNumber.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }

    /// Throws if somebody asked to stop.
    package func check() throws(Interruption) {
        if let signal { throw Interruption(signal: signal) }
    }

    /// Waits for `descriptor` to be ready for `events` (`POLLIN`, `POLLOUT`).
    ///
    /// - Parameter milliseconds: how long at most; -1 for ever.
    /// - Returns: the events that happened; 0 when the time is over; `POLLERR` when the wait itself is impossible, which
    ///   the caller's next call on the descriptor will explain.
    package func wait(
        for watched: Int32, events: Int32, milliseconds: Int32 = -1
    ) throws(Interruption) -> Int32 {
        var polled = [
            pollfd(fd: watched, events: Int16(truncatingIfNeeded: events), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let clock = SystemClock(), start = clock.monotonic()
        var left = milliseconds
        while true {
            try check()
            let count = poll(&polled, 2, left), code = errno
            try check()
            if count >= 0 { return Int32(polled[0].revents) }
            if code != EINTR { return Int32(POLLERR) }
            // Signals that ask for nothing must not make a wait longer than it was meant to be.
            if milliseconds > 0 {
                let passed = (clock.monotonic() - start) / 1_000_000
                left = milliseconds - Int32(clamping: min(passed, UInt64(milliseconds)))
            }
        }
    }

    /// Sleeps, unless somebody asks to stop.
    package func sleep(milliseconds: Int32, effects: Effects) throws(Interruption) {
        // A negative descriptor is ignored by poll(2): only the flag can end the wait early.
        _ = effects.call(.sleep, "\(milliseconds) ms") { 0 }
        _ = try wait(for: -1, events: 0, milliseconds: milliseconds)
    }
}
