import Effects
import Glibc
import Synchronization
import Testing

@Suite struct ThreadsAttemptTests {
    @Test func `a call that ends in time has ended when the attempt returns`() {
        let done = Counter()
        Threads.attempt(milliseconds: 10_000) {
            usleep(20_000)
            done.value.add(1, ordering: .sequentiallyConsistent)
        }
        #expect(done.value.load(ordering: .sequentiallyConsistent) == 1)
    }

    @Test func `a call that takes too long is left alone, and may end later`() {
        let gate = Cancellation(), done = Cancellation()
        Threads.attempt(milliseconds: 20) {
            var polled = pollfd(fd: gate.descriptor, events: Int16(POLLIN), revents: 0)
            poll(&polled, 1, 10_000)
            done.cancel()
        }
        #expect(!done.isCancelled)
        gate.cancel()
        var polled = pollfd(fd: done.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&polled, 1, 10_000) == 1)
    }

    private final class Counter: Sendable { let value = Atomic<Int>(0) }
}
