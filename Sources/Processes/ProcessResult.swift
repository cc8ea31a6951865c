/// How a process ended.
package enum ExitStatus: Sendable, Equatable {
    case exited(Int32)
    case killed(signal: Int32)

    /// Reads what waitpid(2) answers.
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7f
        self = signal == 0 ? .exited(waitStatus >> 8 & 0xff) : .killed(signal: signal)
    }
}

/// What a command that ended by itself left behind.
package struct ProcessResult: Sendable {
    /// The name of the program, for messages.
    package let program: String
    package let status: ExitStatus
    /// Standard output, if it was kept.
    package let output: [UInt8]
    /// Standard error, if it was kept.
    package let errors: [UInt8]
    /// Whether only the end of a stream fitted its limit.
    package let isOutputCut: Bool
    package let isErrorsCut: Bool

    /// This result if the command ended with 0.
    package func succeeded() throws(ProcessFault) -> ProcessResult {
        switch status {
        case .exited(0): return self
        case .exited(let status):
            throw .failed(program: program, status: status, lastLines: ProcessResult.lastLines(of: errors))
        case .killed(let signal):
            throw .killed(program: program, signal: signal, lastLines: ProcessResult.lastLines(of: errors))
        }
    }

    /// The last lines of a stream that say something, for a message: at most five of at most 300 characters, without
    /// control characters, which a terminal would obey.
    static func lastLines(of stream: [UInt8]) -> [String] {
        let lines = stream.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        let texts = lines.suffix(20).map { line in
            let text = String(decoding: line, as: UTF8.self)
            let shown = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
            return String(String.UnicodeScalarView(shown).prefix(300)).trimmed
        }
        return Array(texts.filter { !$0.isEmpty }.suffix(5))
    }
}

extension ProcessResult: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    // What a program printed may be a secret: `docker inspect` shows environments.
    package var description: String { "\(program): \(status), \(output.count) bytes of output" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["status": status], displayStyle: .struct) }
}

extension String {
    /// Without spaces at both ends.
    fileprivate var trimmed: String {
        let rest = drop { $0 == " " }
        guard let last = rest.lastIndex(where: { $0 != " " }) else { return "" }
        return String(rest[...last])
    }
}
