import Effects
import Glibc

/// The lines on standard input.
struct JailInput {
    let cancellation: Cancellation
    private var waiting: [UInt8] = []

    init(cancellation: Cancellation) { self.cancellation = cancellation }

    /// The next line without its end; nil at the end of all.
    mutating func line() throws(Interruption) -> [UInt8]? {
        while true {
            if let end = waiting.firstIndex(of: 0x0a) {
                let line = Array(waiting[..<end])
                waiting.removeFirst(end + 1)
                return line
            }
            _ = try cancellation.wait(for: 0, events: POLLIN)
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(0, &buffer, buffer.count)
            guard count > 0 else { return nil }
            waiting += buffer[..<count]
        }
    }
}
