import Glibc
import Operations
import Synchronization

/// Draws a line with bytes, rate and remaining time on a terminal, five times a second, while work runs elsewhere.
///
/// It is one line on any terminal: what does not fit is left out, and what was there is overwritten with blanks, so that
/// one without control sequences shows the same.
enum ProgressLine {
    /// Runs `work` and draws what `done` and `total` (bytes; 0 while unknown) say meanwhile, or what `phase` says is being
    /// done where that has no bytes to count.
    static func during<Value>(
        _ title: String, output: Output, done: @escaping @Sendable () -> Int, total: @escaping @Sendable () -> Int,
        phase: @escaping @Sendable () -> String? = { nil }, _ work: () throws -> Value
    ) throws -> Value {
        guard !output.json, !output.quiet, isatty(2) == 1 else { return try work() }
        let painter = Painter(title: title, done: done, total: total, phase: phase)
        painter.start()
        defer { painter.stop() }
        return try work()
    }

    /// The same for work that counts in a `BackupProgress`.
    static func during<Value>(
        _ title: String, output: Output, _ work: (BackupProgress) throws -> Value
    ) throws -> Value {
        let progress = BackupProgress()
        return try during(
            title, output: output, done: { progress.bytes.load(ordering: .relaxed) },
            total: { progress.expected.load(ordering: .relaxed) }, phase: { progress.phase.withLock { $0 } }
        ) { try work(progress) }
    }

    /// What fits into `width` columns, the most important first.
    ///
    /// - Parameters:
    ///   - done: bytes so far, of about `expected`, 0 while that is not known.
    ///   - ticks: fifths of a second since the beginning.
    static func text(_ title: String, done: Int, of expected: Int, ticks: Int, width: Int) -> String {
        if done == 0, expected == 0 { return text(title, phase: "working", ticks: ticks, width: width) }
        let rate = done * 5 / max(ticks, 1)
        var parts: [String] = []
        if expected > done {
            parts.append(" of about \(Units.bytes(expected))")
            if rate > 0 {
                parts.append(", \(Units.bytes(rate))/s")
                parts.append(", \(Units.age(Int64((expected - done) / rate))) left")
            }
        } else if rate > 0 {
            parts.append(", \(Units.bytes(rate))/s")
        }
        var text = "\(title): \(Units.bytes(done))"
        for part in parts {
            guard text.count + part.count <= width else { break }
            text += part
        }
        return String(text.prefix(max(width, 0)))
    }

    /// - Parameter ticks: fifths of a second since the phase began.
    static func text(_ title: String, phase: String, ticks: Int, width: Int) -> String {
        String("\(title): \(phase), \(Units.age(Int64(ticks / 5)))".prefix(max(width, 0)))
    }

    private final class Painter: Sendable {
        private let title: String
        private let done: @Sendable () -> Int
        private let total: @Sendable () -> Int
        private let phase: @Sendable () -> String?
        private let ended = Atomic<Bool>(false)
        private let thread = Mutex<pthread_t?>(nil)

        init(
            title: String, done: @escaping @Sendable () -> Int, total: @escaping @Sendable () -> Int,
            phase: @escaping @Sendable () -> String?
        ) {
            self.title = title
            self.done = done
            self.total = total
            self.phase = phase
        }

        func start() {
            var handle = pthread_t()
            let box = Unmanaged.passRetained(self)
            let code = pthread_create(
                &handle, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Painter>.fromOpaque(argument).takeRetainedValue().paint()
                    return nil
                }, box.toOpaque())
            if code == 0 { thread.withLock { $0 = handle } } else { box.release() }
        }

        func stop() {
            ended.store(true, ordering: .relaxed)
            if let handle = thread.withLock({ $0 }) { pthread_join(handle, nil) }
        }

        private func paint() {
            var ticks = 0, shown = 0, most = 0, began = (phase: String?.none, ticks: 0)
            while !ended.load(ordering: .relaxed) {
                usleep(200_000)
                ticks += 1
                // The last column stays free: some terminals go to the next line as soon as it is written.
                let width = Terminal.columns(of: 2) - 1, now = phase()
                if now != began.phase { began = (now, ticks) }
                // What is read or sent a second time is no step back.
                most = max(most, done())
                let text =
                    now.map { ProgressLine.text(title, phase: $0, ticks: ticks - began.ticks, width: width) }
                    ?? ProgressLine.text(title, done: most, of: total(), ticks: ticks - began.ticks, width: width)
                Terminal.write("\r" + Columns.left(text, shown), to: 2)
                shown = text.count
            }
            Terminal.write("\r" + String(repeating: " ", count: shown) + "\r", to: 2)
        }
    }
}
