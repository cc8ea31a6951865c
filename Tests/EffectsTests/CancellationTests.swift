import Effects
import Faults
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite struct CancellationTests {
    private func milliseconds(_ body: () throws -> Void) rethrows -> UInt64 {
        let clock = SystemClock(), start = clock.monotonic()
        try body()
        return (clock.monotonic() - start) / 1_000_000
    }

    @Test func `a cancelled wait ends at once and names the first signal`() {
        let cancellation = Cancellation()
        #expect(!cancellation.isCancelled && cancellation.signal == nil)
        #expect(throws: Never.self) { try cancellation.check() }
        cancellation.cancel(signal: SIGINT)
        cancellation.cancel(signal: SIGTERM)
        #expect(cancellation.isCancelled && cancellation.signal == SIGINT)
        #expect(throws: Interruption.self) { try cancellation.check() }
        #expect(throws: Interruption.self) { try cancellation.sleep(milliseconds: 60_000, effects: Effects()) }
        var polled = pollfd(fd: cancellation.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&polled, 1, 0) == 1)
    }

    @Test func `a second signal is told apart where somebody asks for it`() {
        let cancellation = Cancellation(isTwofold: true)
        cancellation.cancel(signal: SIGINT)
        #expect(cancellation.second?.isCancelled == false)
        cancellation.cancel(signal: SIGTERM)
        #expect(cancellation.signal == SIGINT && cancellation.second?.signal == SIGTERM)
        #expect(Cancellation().second == nil)
    }

    @Test func `cancelling wakes a wait, and leaves the error number alone`() throws {
        let cancellation = Cancellation(), started = Atomic(false)
        var found: (any Error)?
        let took = milliseconds {
            do {
                try Threads.run(
                    1,
                    supervise: {
                        while !started.load(ordering: .acquiring) { sched_yield() }
                        errno = ERANGE
                        cancellation.cancel()
                        #expect(errno == ERANGE)
                    }
                ) { _ in
                    started.store(true, ordering: .releasing)
                    _ = try cancellation.wait(for: -1, events: POLLIN, milliseconds: 60_000)
                }
            } catch { found = error }
        }
        #expect(found is Interruption)
        #expect(took < 30_000)
        #expect(cancellation.signal == SIGTERM)
    }

    @Test func `a wait ends with what happened to its descriptor, or with its time`() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        let cancellation = Cancellation()
        #expect(try cancellation.wait(for: ends[0], events: POLLIN, milliseconds: 0) == 0)
        #expect(try cancellation.wait(for: ends[0], events: POLLIN, milliseconds: 20) == 0)
        #expect(try cancellation.wait(for: ends[1], events: POLLOUT) == POLLOUT)
        #expect(write(ends[1], "x", 1) == 1)
        #expect(try cancellation.wait(for: ends[0], events: POLLIN) == POLLIN)
        close(ends[0])
        #expect(try cancellation.wait(for: ends[1], events: POLLOUT) & POLLERR != 0)
        close(ends[1])
        #expect(try cancellation.wait(for: ends[1], events: POLLIN, milliseconds: 0) == POLLNVAL)
    }

    @Test func `signals that ask for nothing do not make a wait longer`() throws {
        signal(SIGUSR2) { _ in }
        let cancellation = Cancellation(), waiting = Mutex<pthread_t?>(nil), isOver = Atomic(false)
        let took = try milliseconds {
            try Threads.run(
                1,
                supervise: {
                    // Without an end to the waits this would go on for the whole minute.
                    let end = SystemClock().monotonic() + 60_000_000_000
                    while !isOver.load(ordering: .acquiring), SystemClock().monotonic() < end {
                        if let thread = waiting.withLock({ $0 }) { pthread_kill(thread, SIGUSR2) }
                        usleep(5_000)
                    }
                }
            ) { _ in
                waiting.withLock { $0 = pthread_self() }
                let found = try cancellation.wait(for: -1, events: 0, milliseconds: 300)
                isOver.store(true, ordering: .releasing)
                #expect(found == 0)
            }
        }
        #expect(took >= 300 && took < 30_000)
    }

    @Test func `sleeping is an effect, and takes its time`() throws {
        let recorder = RecordingObserver()
        let took = try milliseconds {
            try Cancellation().sleep(milliseconds: 30, effects: Effects(observer: recorder))
        }
        #expect(took >= 30)
        #expect(recorder.effects.map(\.subject) == ["30 ms"] && recorder.kinds == [.sleep])
    }

    @Test func `an interruption has the exit code of its signal`() {
        #expect(Interruption(signal: SIGINT).exit == .interrupted)
        #expect(Interruption(signal: SIGTERM).exit == .terminated)
        #expect(Interruption(signal: SIGINT).code == "run.interrupted")
        #expect(Interruption(signal: SIGINT).message.contains("Ctrl-C"))
        #expect(Interruption(signal: SIGTERM).message.contains("SIGTERM"))
        #expect(!Interruption(signal: SIGTERM).hints.isEmpty)
    }
}
