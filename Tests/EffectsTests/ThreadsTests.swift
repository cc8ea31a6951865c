import Effects
import Glibc
import Synchronization
import Testing

@Suite struct ThreadsTests {
    private struct Stop: Error, Equatable { let index: Int }

    @Test func `every thread runs once, with an index of its own, on a thread of its own`() throws {
        let seen = Mutex<[Int: pthread_t]>([:]), own = pthread_self()
        try Threads.run(8) { index in
            // They wait for each other, so that none can take over the work of one that has ended.
            seen.withLock { $0[index] = pthread_self() }
            while seen.withLock({ $0.count }) < 8 { sched_yield() }
        }
        let found = seen.withLock { $0 }
        #expect(Set(found.keys) == Set(0..<8))
        #expect(Set(found.values).count == 8 && !found.values.contains(own))
    }

    @Test func `the first failure is the one told, and told once to the others`() {
        let told = Atomic(0), isStopped = Atomic(false)
        #expect(throws: Stop(index: 2)) {
            try Threads.run(
                4,
                onFirstFailure: {
                    told.add(1, ordering: .relaxed)
                    isStopped.store(true, ordering: .releasing)
                }
            ) { index in
                if index == 2 { throw Stop(index: 2) }
                while !isStopped.load(ordering: .acquiring) { sched_yield() }
                throw Stop(index: index)
            }
        }
        #expect(told.load(ordering: .relaxed) == 1)
    }

    @Test func `the supervisor runs beside the threads, on the thread of the caller`() throws {
        let own = pthread_self(), count = Atomic(0), isSeen = Atomic(false)
        try Threads.run(
            2,
            supervise: {
                #expect(pthread_self() == own)
                while count.load(ordering: .acquiring) < 2 { sched_yield() }
                isSeen.store(true, ordering: .releasing)
            }
        ) { _ in
            count.add(1, ordering: .acquiringAndReleasing)
            while !isSeen.load(ordering: .acquiring) { sched_yield() }
        }
        let wasSeen = isSeen.load(ordering: .relaxed)
        #expect(wasSeen)
    }

    @Test func `a supervisor that fails is told, after all threads have ended`() {
        let ended = Atomic(0), isStopped = Atomic(false)
        #expect(throws: Stop(index: -1)) {
            try Threads.run(
                3, onFirstFailure: { isStopped.store(true, ordering: .releasing) },
                supervise: { throw Stop(index: -1) }
            ) { _ in
                while !isStopped.load(ordering: .acquiring) { sched_yield() }
                ended.add(1, ordering: .acquiringAndReleasing)
            }
        }
        #expect(ended.load(ordering: .relaxed) == 3)
    }

    @Test(arguments: [1, 3])
    func `the supervisor learns when the last thread has ended, failed ones included`(count: Int) {
        let ended = Cancellation(), left = Atomic(0)
        #expect(throws: Stop(index: 0)) {
            try Threads.run(
                count, ended: ended,
                supervise: {
                    while !ended.isCancelled { _ = try Cancellation().wait(for: ended.descriptor, events: 1) }
                    #expect(left.load(ordering: .acquiring) == count)
                }
            ) { index in
                left.add(1, ordering: .acquiringAndReleasing)
                if index == 0 { throw Stop(index: 0) }
            }
        }
    }

    @Test func `less than one thread is one, and there is a core at least`() throws {
        let count = Atomic(0)
        try Threads.run(0) { _ in count.add(1, ordering: .relaxed) }
        #expect(count.load(ordering: .relaxed) == 1)
        #expect(Threads.cores >= 1)
    }

    @Test func `two things are made beside each other, and either's failure is told when both have ended`() throws {
        let own = pthread_self(), isOtherThere = Atomic(false), isOwnThere = Atomic(false)
        let (one, other) = try Threads.both {
            isOwnThere.store(true, ordering: .releasing)
            while !isOtherThere.load(ordering: .acquiring) { sched_yield() }
            return pthread_self() == own
        } beside: {
            isOtherThere.store(true, ordering: .releasing)
            while !isOwnThere.load(ordering: .acquiring) { sched_yield() }
            return pthread_self() == own
        }
        #expect(one && !other)
        let hasEnded = Atomic(false)
        #expect(throws: Stop(index: 1)) {
            _ = try Threads.both {
                throw Stop(index: 1)
            } beside: {
                usleep(10_000)
                hasEnded.store(true, ordering: .releasing)
            }
        }
        let isOver = hasEnded.load(ordering: .acquiring)
        #expect(isOver)
        #expect(throws: Stop(index: 2)) {
            _ = try Threads.both {
            } beside: {
                throw Stop(index: 2)
            }
        }
    }
}
