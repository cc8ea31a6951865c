import Effects
import Faults
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite struct EffectsTests {
    private struct Broken: Error, Equatable { let code: Int32 }

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

    @Test func `an effect that reports its failure itself is seen and failed the same way`() {
        for (kind, ran) in [(FailingObserver.Kind.failsBefore, false), (.failsAfter, true)] {
            let effects = Effects(observer: FailingObserver(at: 2, kind: kind, error: EIO))
            var done = 0
            let perform = { () throws(Broken) -> Int in
                try effects.perform(.statement, "SELECT", failure: { Broken(code: $0.code) }) { () throws(Broken) in
                    done += 1
                    return done
                }
            }
            #expect(throws: Never.self) { try perform() }
            #expect(throws: Broken(code: EIO)) { try perform() }
            #expect(done == (ran ? 2 : 1))
        }
    }

    @Test func `effects are numbered from 1, whatever their way`() throws {
        let recorder = RecordingObserver(), effects = Effects(observer: recorder)
        _ = effects.call(.open, "a") { Int32(3) }
        try effects.perform(.connect, "b", failure: { Broken(code: $0.code) }) { () throws(Broken) in }
        // What fails by itself was an effect as well.
        _ = effects.call(.read, "c") { () -> Int in
            errno = EIO
            return -1
        }
        #expect(recorder.effects.map(\.number) == [1, 2, 3])
        #expect(recorder.effects.map(\.subject) == ["a", "b", "c"])
        #expect(recorder.kinds == [.open, .connect, .read])
    }

    @Test func `what fails by itself is not failed again`() throws {
        let effects = Effects(observer: FailingObserver(at: 1, kind: .failsAfter, error: ENOSPC))
        let result = effects.call(.open, "x") { open("/does/not/exist", O_RDONLY | O_CLOEXEC) }
        #expect(result == .failure(Errno(ENOENT)))
        let other = Effects(observer: FailingObserver(at: 1, kind: .failsAfter, error: ENOSPC))
        #expect(throws: Broken(code: 1)) {
            try other.perform(.connect, "x", failure: { Broken(code: $0.code) }) { () throws(Broken) in
                throw Broken(code: 1)
            }
        }
    }

    @Test(arguments: [false, true])
    func `a call that a signal interrupted is done again, as one effect`(isObserved: Bool) {
        let recorder = RecordingObserver(), effects = Effects(observer: isObserved ? recorder : nil)
        var attempts = 0
        let result = effects.call(.read, "pipe") { () -> Int in
            attempts += 1
            errno = EINTR
            return attempts < 4 ? -1 : 7
        }
        #expect(result == .success(7) && attempts == 4)
        #expect(recorder.effects.count == (isObserved ? 1 : 0))
    }

    @Test func `without an observer the subject is not even made`() throws {
        var made = 0
        let subject = { () -> String in
            made += 1
            return "x"
        }
        _ = Effects().call(.open, subject()) { Int32(0) }
        try Effects().perform(.connect, subject(), failure: { Broken(code: $0.code) }) { () throws(Broken) in }
        #expect(made == 0)
        _ = Effects(observer: RecordingObserver()).call(.open, subject()) { Int32(0) }
        #expect(made == 1)
    }

    @Test func `effects of many threads have numbers of their own`() throws {
        let recorder = RecordingObserver(), effects = Effects(observer: recorder)
        try Threads.run(4) { _ in
            for _ in 0..<500 { _ = effects.call(.sleep, "") { Int32(0) } }
        }
        #expect(Set(recorder.effects.map(\.number)) == Set(1...2000))
    }

    @Test func `an error number has the system's words`() {
        #expect(Effects().call(.open, "x") { open("/does/not/exist", O_RDONLY | O_CLOEXEC) } == .failure(Errno(ENOENT)))
        #expect(Errno(ENOENT).text == "No such file or directory")
        #expect(Errno(ENOSPC).text == "No space left on device")
        #expect(Errno(98_765).text.contains("98765"))
    }

    @Test func `the release is one line`() {
        #expect(Release.nameAndVersion == "\(Release.name) \(Release.version)")
        #expect(Release.version.split(separator: ".").count == 3)
    }
}
