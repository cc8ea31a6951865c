import Effects
import Faults
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite struct EffectsTests {
    @Test func `an observer sees every effect and can fail it before or after`() {
        for (kind, ran) in [(FailingObserver.Kind.failsBefore, false), (.failsAfter, true)] {
            let effects = Effects(observer: FailingObserver(at: 1, kind: kind, error: ENOSPC))
            var done = false
            let result = effects.call(.write, "file") { () -> Int in
                done = true
                return 1
            }
            #expect(result == .failure(Errno(ENOSPC)))
            #expect(done == ran)
            #expect(effects.call(.write, "file") { 2 } == .success(2))
        }
    }

    @Test func `a failed call gives its errno`() {
        #expect(Effects().call(.open, "x") { open("/does/not/exist", O_RDONLY) } == .failure(Errno(ENOENT)))
        #expect(Errno(ENOENT).text == "No such file or directory")
    }

    @Test(arguments: ["2026-11-23T23:47:00Z", "1970-01-01T00:00:00Z", "2024-02-29T12:00:00Z"])
    func `times come back as they were written`(text: String) throws {
        #expect(try #require(Timestamp(iso8601: text)).iso8601 == text)
    }

    @Test(arguments: ["2026-11-23 23:47:00Z", "2026-02-31T00:00:00Z", "", "2026-11-23T23:47:00+01:00"])
    func `other texts are no times`(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test func `a cancelled wait ends at once and names the signal`() {
        let cancellation = Cancellation()
        cancellation.cancel(signal: SIGINT)
        cancellation.cancel(signal: SIGTERM)
        #expect(throws: Interruption.self) { try cancellation.sleep(milliseconds: 60_000, effects: Effects()) }
        #expect(cancellation.signal == SIGINT)
        #expect(Interruption(signal: SIGINT).exit == .interrupted)
    }

    @Test func `threads all run, and the first failure is the one told`() throws {
        let count = Atomic<Int>(0), told = Atomic<Int>(0)
        try Threads.run(4) { _ in count.add(1, ordering: .relaxed) }
        #expect(count.load(ordering: .relaxed) == 4)
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try Threads.run(3, onFirstFailure: { told.add(1, ordering: .relaxed) }) { _ in throw Stop() }
        }
        #expect(told.load(ordering: .relaxed) == 1)
    }
}
