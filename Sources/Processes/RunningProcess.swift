import CLinux
import Effects
import Glibc

/// A program that runs. If this goes before the program has ended, the program is stopped with its whole group.
///
/// Belongs to one thread. While the caller reads, writes or waits, the streams that it did not ask for are served too,
/// so a program that writes much on one of them never stands still. A program whose input and output are both `.pipe`
/// must be one that reads all before it writes, or the reverse.
package struct RunningProcess: ~Copyable {
    struct Surroundings {
        let effects: Effects
        let cancellation: Cancellation
        let clock: any Clock
        /// Monotonic nanoseconds.
        let start: UInt64
        let deadline: Duration?
        let grace: Duration
    }

    /// What the caller waits for.
    private enum Wanted { case end, output, input }

    /// The process number, which is also that of its group.
    package let process: Int32
    private let program: String
    private let watch: Int32
    private var feeder: Feeder
    private var output: Collector
    private var errors: Collector
    private let surroundings: Surroundings
    /// The process has ended, but what it wrote may still be in the pipes.
    private var hasEnded = false
    private var status: ExitStatus?

    init(
        process: Int32, program: String, watch: Int32, feeder: consuming Feeder, output: consuming Collector,
        errors: consuming Collector, surroundings: Surroundings
    ) {
        self.process = process
        self.program = program
        self.watch = watch
        self.feeder = feeder
        self.output = output
        self.errors = errors
        self.surroundings = surroundings
    }

    deinit {
        if status == nil { _ = RunningProcess.stop(process, watch, program, surroundings) }
        close(watch)
    }

    /// Reads from an output that was given as `.pipe`.
    ///
    /// - Returns: how many bytes; 0 at the end.
    package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(ProcessFault) -> Int {
        while output.descriptor != -1 {
            guard try serve(.output) else { return 0 }
            let source = output.descriptor
            let result = surroundings.effects.call(.read, program) {
                Glibc.read(source, buffer.baseAddress, buffer.count)
            }
            switch result {
            case .success(0): output.close()
            case .success(let count): return count
            case .failure(Errno(EAGAIN)): continue
            case .failure(let error): throw .broken(program: program, error)
            }
        }
        return 0
    }

    /// Writes to an input that was given as `.pipe`. A program that has gone without reading it is waited for, and its
    /// own fault thrown.
    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ProcessFault) {
        var rest = bytes[...]
        while !rest.isEmpty {
            if try serve(.input) {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                switch feeder.write(part, program: program, effects: surroundings.effects) {
                case .success(let count):
                    rest = rest.dropFirst(count)
                    continue
                case .failure(Errno(EAGAIN)): continue
                case .failure(Errno(EPIPE)): break
                case .failure(let error): throw .broken(program: program, error)
                }
            }
            _ = try wait().succeeded()
            throw .inputNotRead(program: program)
        }
    }

    /// Tells the program that its input has ended.
    package mutating func closeInput() { feeder.close() }

    /// Waits for the end. The end is that of the program itself: what it left running in the background, perhaps with
    /// its streams, is neither waited for nor stopped.
    package mutating func wait() throws(ProcessFault) -> ProcessResult {
        if !feeder.isFed { feeder.close() }
        if case .handedOut = output.policy { output.policy = .nothing }
        while try serve(.end) {}
        let ended: ExitStatus
        if let status { ended = status } else { ended = try reap() }
        status = ended
        return ProcessResult(
            program: program, status: ended, output: output.take(), errors: errors.take(), isOutputCut: output.isCut,
            isErrorsCut: errors.isCut)
    }

    /// Stops the program and its group: SIGTERM, then, when it has ended or its time is over, SIGKILL for all.
    package mutating func terminate() {
        if status == nil { status = RunningProcess.stop(process, watch, program, surroundings) }
        hasEnded = true
    }

    /// Waits until there is something to do, and does what needs no caller.
    ///
    /// - Returns: for `.output` and `.input`, whether the caller's stream is ready; false means that the program has
    ///   ended and nothing more comes. For `.end`, whether there may be more to do.
    private mutating func serve(_ wanted: Wanted) throws(ProcessFault) -> Bool {
        while true {
            let readsOutput = wanted == .output || output.isCollected
            var polled = [
                RunningProcess.poll(hasEnded ? -1 : watch, POLLIN),
                RunningProcess.poll(readsOutput ? output.descriptor : -1, POLLIN),
                RunningProcess.poll(errors.descriptor, POLLIN),
                RunningProcess.poll(feeder.isFed || wanted == .input ? feeder.descriptor : -1, POLLOUT),
                RunningProcess.poll(surroundings.cancellation.descriptor, POLLIN),
            ]
            // A program that has ended writes no more: what is there now is all.
            let count = Glibc.poll(&polled, nfds_t(polled.count), hasEnded ? 0 : remaining())
            if count == -1 && Glibc.errno != EINTR { throw .broken(program: program, Errno(Glibc.errno)) }
            try checkLimits()
            if count == -1 { continue }
            let isReady = polled.map { $0.revents != 0 }
            if isReady[2] { _ = try errors.collect(program: program, effects: surroundings.effects) }
            if isReady[1] && output.isCollected, wanted != .output {
                let exceeded = try output.collect(program: program, effects: surroundings.effects)
                if let exceeded {
                    terminate()
                    throw .outputTooLarge(program: program, limit: exceeded)
                }
            }
            if isReady[3] && feeder.isFed { try feeder.feed(program: program, effects: surroundings.effects) }
            if wanted == .output && isReady[1] || wanted == .input && isReady[3] { return true }
            if hasEnded && !isReady[1] && !isReady[2] { return false }
            if isReady[0] {
                hasEnded = true
                feeder.close()
            }
        }
    }

    private mutating func checkLimits() throws(ProcessFault) {
        if let signal = surroundings.cancellation.signal {
            terminate()
            throw .interrupted(signal: signal)
        }
        if let deadline = surroundings.deadline, remaining() == 0 {
            terminate()
            throw .timedOut(program: program, after: deadline)
        }
    }

    /// Milliseconds until the deadline, rounded up; -1 without one.
    private func remaining() -> Int32 {
        guard let deadline = surroundings.deadline else { return -1 }
        let passed = Duration.nanoseconds(Int64(surroundings.clock.monotonic() - surroundings.start))
        return RunningProcess.milliseconds(deadline - passed)
    }

    private func reap() throws(ProcessFault) -> ExitStatus {
        var status: Int32 = 0
        let result = surroundings.effects.call(.await, program) { waitpid(process, &status, 0) }
        if case .failure(let error) = result { throw .broken(program: program, error) }
        return ExitStatus(waitStatus: status)
    }
}

extension RunningProcess {
    /// Ends a group and waits for its leader. Until that wait the leader's number cannot become another's, so the
    /// signals reach nobody else.
    private static func stop(
        _ process: Int32, _ watch: Int32, _ program: String, _ surroundings: Surroundings
    ) -> ExitStatus? {
        // A signal that cannot be sent (or an observer that says so) leaves SIGKILL below, which always follows.
        _ = surroundings.effects.call(.signal, program) { kill(-process, SIGTERM) }
        // A stopped process acts on SIGTERM only when it goes on.
        kill(-process, SIGCONT)
        var watched = poll(watch, POLLIN)
        let end = surroundings.clock.monotonic() + nanoseconds(surroundings.grace)
        while true {
            let now = surroundings.clock.monotonic()
            if Glibc.poll(&watched, 1, now < end ? Int32(clamping: (end - now) / 1_000_000 + 1) : 0) != -1 { break }
            if Glibc.errno != EINTR { break }
        }
        kill(-process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) == -1 {
            if Glibc.errno != EINTR { return nil }
        }
        return ExitStatus(waitStatus: status)
    }

    private static func poll(_ descriptor: Int32, _ events: Int32) -> pollfd {
        pollfd(fd: descriptor, events: Int16(events), revents: 0)
    }

    private static func milliseconds(_ time: Duration) -> Int32 {
        let nanoseconds = nanoseconds(time)
        return Int32(clamping: (nanoseconds + 999_999) / 1_000_000)
    }

    /// 0 for what lies in the past.
    private static func nanoseconds(_ time: Duration) -> UInt64 {
        let (seconds, attoseconds) = time.components
        return time <= .zero ? 0 : UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
