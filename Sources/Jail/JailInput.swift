import Effects
import Glibc
import Secrets

/// The lines on standard input, and what follows some of them.
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
            guard try readMore() else { return nil }
        }
    }

    /// The next bytes; nil where the end comes first.
    mutating func secret(_ count: Int) throws(Interruption) -> Secret? {
        while waiting.count < count { guard try readMore() else { return nil } }
        var bytes = Array(waiting.prefix(count))
        waiting.removeFirst(count)
        return Secret(consuming: &bytes)
    }

    private mutating func readMore() throws(Interruption) -> Bool {
        _ = try cancellation.wait(for: 0, events: POLLIN)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(0, &buffer, buffer.count)
        if count > 0 { waiting += buffer[..<count] }
        return count > 0
    }
}
