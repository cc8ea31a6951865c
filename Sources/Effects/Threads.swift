import CLinux
import Glibc
import Synchronization

/// Starts operating system threads and joins them: the only place where threads begin.
package enum Threads {
    /// Runs `body` once per index, each on a thread of its own, and returns when all have ended.
    ///
    /// - Parameters:
    ///   - count: number of threads, at least 1.
    ///   - onFirstFailure: called once, on the failing thread, so that the others can be told to stop.
    ///   - ended: cancelled when the last of the threads has ended, for whoever supervises.
    ///   - supervise: runs on the calling thread beside the others; what belongs to this thread stays on it.
    /// - Throws: the error of the thread that failed first; later ones are consequences.
    package static func run(
        _ count: Int, onFirstFailure: @escaping @Sendable () -> Void = {}, ended: Cancellation? = nil,
        supervise: () throws -> Void = {}, _ body: @escaping @Sendable (Int) throws -> Void
    ) throws {
        let team = Team(count: max(count, 1), body: body, onFirstFailure: onFirstFailure, ended: ended)
        var started: [pthread_t] = []
        for index in 0..<max(count, 1) {
            var thread = pthread_t()
            let work = Unmanaged.passRetained(Work(team: team, index: index))
            let code = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
                    return nil
                }, work.toOpaque())
            if code == 0 {
                started.append(thread)
            } else {
                work.release()
                team.note(Errno(code))
                team.leave()
            }
        }
        do { try supervise() } catch { team.note(error) }
        for thread in started { pthread_join(thread, nil) }
        if let error = team.firstError { throw error }
    }

    /// Runs `other` on a thread of its own and `one` on the calling thread, and returns what both made.
    ///
    /// - Throws: the error of the one that failed first, when both have ended.
    package static func both<One, Other: Sendable>(
        _ one: () throws -> One, beside other: @escaping @Sendable () throws -> Other
    ) throws -> (One, Other) {
        let made = Mutex<Other?>(nil)
        var own: One?
        try run(1, supervise: { own = try one() }) { _ in
            let value = try other()
            made.withLock { $0 = value }
        }
        // Whatever is missing has thrown.
        guard let own, let made = made.withLock({ $0 }) else { throw Errno(EAGAIN) }
        return (own, made)
    }

    /// Runs `body` on a thread of its own, and waits for it at most so long: for calls of C libraries that know no
    /// deadline. A call that takes longer goes on by itself, and nobody learns how it ends.
    package static func attempt(milliseconds: Int32, _ body: @escaping @Sendable () -> Void) {
        let ended = Cancellation()
        let call = Unmanaged.passRetained(Call(body: body, ended: ended))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Call>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, call.toOpaque())
        guard code == 0 else {
            call.release()
            return
        }
        pthread_detach(thread)
        var polled = pollfd(fd: ended.descriptor, events: Int16(POLLIN), revents: 0)
        poll(&polled, 1, milliseconds)
    }

    /// Number of processor cores this process may use.
    package static var cores: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}

private final class Work: Sendable {
    let team: Team
    let index: Int
    init(team: Team, index: Int) {
        self.team = team
        self.index = index
    }
    func run() { team.perform(index) }
}

private final class Call: Sendable {
    private let body: @Sendable () -> Void
    private let ended: Cancellation
    init(body: @escaping @Sendable () -> Void, ended: Cancellation) {
        self.body = body
        self.ended = ended
    }
    func run() {
        body()
        ended.cancel()
    }
}

private final class Team: Sendable {
    private let body: @Sendable (Int) throws -> Void
    private let onFirstFailure: @Sendable () -> Void
    private let ended: Cancellation?
    private let running: Atomic<Int>
    private let first = Mutex<(any Error)?>(nil)

    init(
        count: Int, body: @escaping @Sendable (Int) throws -> Void, onFirstFailure: @escaping @Sendable () -> Void,
        ended: Cancellation?
    ) {
        running = Atomic(count)
        self.body = body
        self.onFirstFailure = onFirstFailure
        self.ended = ended
    }

    var firstError: (any Error)? { first.withLock { $0 } }

    func perform(_ index: Int) {
        do { try body(index) } catch { note(error) }
        leave()
    }

    func leave() {
        if running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { ended?.cancel() }
    }

    func note(_ error: any Error) {
        let isFirst = first.withLock { stored in
            if stored != nil { return false }
            stored = error
            return true
        }
        if isFirst { onFirstFailure() }
    }
}
