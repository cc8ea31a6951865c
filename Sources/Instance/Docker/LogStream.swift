import Processes

/// The lines that a container printed, one after the other. However much there is, only one piece of it is in memory.
package final class LogStream {
    /// A line with the time at which the engine got it, in RFC 3339 with fractions, which sorts as text.
    package struct Line: Sendable {
        package let time: String
        package let text: String
    }

    /// How many bytes of a line are meant to be shown: nothing that people read is longer. A line has more than that, so
    /// that a secret which reaches across the end can be recognised.
    package static let shown = 1 << 16
    /// Longer lines are cut.
    private static let longest = 2 * shown
    /// The engine keeps longer lines in pieces of this size, and writes the time before each.
    private static let piece = 1 << 14

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
        guard let blank = bytes.firstIndex(of: UInt8(ascii: " ")) else {
            return Line(time: String(decoding: bytes.prefix(shown), as: UTF8.self), text: "")
        }
        let text = joined(bytes[(blank + 1)...]).prefix(longest)
        return Line(time: String(decoding: bytes[..<blank], as: UTF8.self), text: String(decoding: text, as: UTF8.self))
    }

    /// A long line without the times between its pieces, which would come between the halves of a secret.
    private static func joined(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = text, result: ArraySlice<UInt8> = []
        while rest.count > piece, let blank = rest.dropFirst(piece).prefix(36).firstIndex(of: UInt8(ascii: " ")),
            isTime(rest[(rest.startIndex + piece)..<blank])
        {
            result += rest.prefix(piece)
            rest = rest[(blank + 1)...]
        }
        return result.isEmpty ? rest : result + rest
    }

    /// Whether bytes are a moment as the engine writes it: `2026-01-02T03:04:05.678901234Z`.
    private static func isTime(_ bytes: ArraySlice<UInt8>) -> Bool {
        let shape = bytes.map { (48...57).contains($0) ? UInt8(ascii: "0") : $0 }
        return shape.starts(with: "0000-00-00T00:00:00".utf8) && bytes.count >= 20
            && shape.dropFirst(19).allSatisfy { "0.Z+-:".utf8.contains($0) }
    }
}
