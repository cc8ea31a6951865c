import Processes

/// The lines that a container printed, one after the other. However much there is, only one piece of it is in memory.
package final class LogStream {
    /// A line with the time at which the engine got it, in RFC 3339 with fractions, which sorts as text.
    package struct Line: Sendable {
        package let time: String
        package let text: String
    }

    /// Longer lines are cut: nothing that people read is longer.
    private static let longest = 1 << 16

    private var process: RunningProcess
    private var buffer: [UInt8] = []
    /// Where the next line begins in the buffer.
    private var start = 0
    private var hasEnded = false
    /// Whether the rest of a line that was cut is still to come.
    private var isCut = false

    init(_ process: consuming RunningProcess) { self.process = process }

    /// - Returns: nil at the end.
    package func next() throws -> Line? {
        while true {
            if let end = buffer[start...].firstIndex(of: 10) {
                let line = buffer[start..<end]
                start = end + 1
                if isCut { isCut = false } else { return LogStream.line(line) }
                continue
            }
            if buffer.count - start > LogStream.longest {
                let line = buffer[start...]
                defer { (buffer, start) = ([], 0) }
                if !isCut {
                    isCut = true
                    return LogStream.line(line)
                }
                continue
            }
            if hasEnded {
                defer { (buffer, start) = ([], 0) }
                return start == buffer.count || isCut ? nil : LogStream.line(buffer[start...])
            }
            try read()
        }
    }

    private func read() throws {
        buffer.removeFirst(start)
        start = 0
        let old = buffer.count
        buffer += repeatElement(0, count: 1 << 16)
        let outcome = buffer[old...].withUnsafeMutableBytes { bytes in
            Result { () throws(ProcessFault) -> Int in try process.read(into: bytes) }
        }
        let count = try outcome.get()
        buffer.removeLast(buffer.count - old - count)
        hasEnded = count == 0
    }

    private static func line(_ bytes: ArraySlice<UInt8>) -> Line {
        let text = String(decoding: bytes.prefix(longest), as: UTF8.self)
        guard let blank = text.firstIndex(of: " ") else { return Line(time: text, text: "") }
        return Line(time: String(text[..<blank]), text: String(text[text.index(after: blank)...]))
    }
}
