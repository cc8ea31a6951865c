import Glibc
import Synchronization

/// Draws a line with bytes, rate and remaining time on a terminal, five times a second, while work runs elsewhere.
enum ProgressLine {
    /// Runs `work` and draws what `done` and `total` (bytes; 0 while unknown) say meanwhile.
    static func during<Value>(
        _ title: String, output: Output, done: @escaping @Sendable () -> Int, total: @escaping @Sendable () -> Int,
        _ work: () throws -> Value
    ) throws -> Value {
        guard !output.json, !output.quiet, isatty(2) == 1 else { return try work() }
        let painter = Painter(title: title, done: done, total: total)
        painter.start()
        defer { painter.stop() }
        return try work()
    }

    private final class Painter: Sendable {
        private let title: String
        private let done: @Sendable () -> Int
        private let total: @Sendable () -> Int
        private let ended = Atomic<Bool>(false)
        private let thread = Mutex<pthread_t?>(nil)

        init(title: String, done: @escaping @Sendable () -> Int, total: @escaping @Sendable () -> Int) {
            self.title = title
            self.done = done
            self.total = total
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
            var ticks = 0
            while !ended.load(ordering: .relaxed) {
                usleep(200_000)
                ticks += 1
                let bytes = done(), expected = total()
                let rate = bytes * 5 / ticks
                var text = "\r\(title): \(Units.bytes(bytes))"
                if expected > bytes {
                    text += " of about \(Units.bytes(expected))"
                    if rate > 0 {
                        text += ", \(Units.bytes(rate))/s, \(Units.age(Int64((expected - bytes) / rate))) left"
                    }
                } else if rate > 0 {
                    text += ", \(Units.bytes(rate))/s"
                }
                Terminal.write(text + "\u{1b}[K", to: 2)
            }
            Terminal.write("\r\u{1b}[K", to: 2)
        }
    }
}
