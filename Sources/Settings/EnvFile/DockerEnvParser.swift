import Secrets

/// Reads an env file as `docker run --env-file` does: a line is a name, `=`, and a value that is taken as it stands, with
/// its quotes, its dollar signs and the blanks at its end.
struct DockerEnvParser {
    /// The longest line that docker reads, in bytes.
    private static let longestLine = 65_535

    private let bytes: UnsafeRawBufferPointer
    private let path: String
    private(set) var entries: [EnvFile.Entry] = []
    private(set) var inherited: [(name: String, line: Int)] = []
    private(set) var notes: [EnvFile.Note] = []
    private var lines: [String: Int] = [:]

    init(_ bytes: UnsafeRawBufferPointer, path: String) {
        self.bytes = bytes
        self.path = path
    }

    mutating func parse() throws(SettingsFault) {
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0, number = 0
        while start < bytes.count {
            number += 1
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            if end - start > DockerEnvParser.longestLine { throw fault(.longLine, number) }
            try read(start..<(end > start && bytes[end - 1] == 13 ? end - 1 : end), number)
            start = end + 1
        }
    }

    private mutating func read(_ range: Range<Int>, _ number: Int) throws(SettingsFault) {
        let text = UnsafeRawBufferPointer(rebasing: bytes[range])
        if text.contains(0) || String(validating: text, as: UTF8.self) == nil { throw fault(.notText, number) }
        var start = range.lowerBound
        while let length = WhiteSpace.go.length(in: bytes, at: start, before: range.upperBound) { start += length }
        guard start < range.upperBound, bytes[start] != UInt8(ascii: "#") else { return }
        let sign = bytes[start..<range.upperBound].firstIndex(of: UInt8(ascii: "="))
        let name = String(decoding: bytes[start..<(sign ?? range.upperBound)], as: UTF8.self)
        if name.isEmpty { throw fault(.noName, number) }
        if name.utf8.contains(where: { $0 == 32 || $0 == 9 }) { throw fault(.spaceInName, number) }
        guard let sign else { return inherited.append((name, number)) }
        if let earlier = lines.updateValue(number, forKey: name) {
            notes.append(.duplicate(name: name, earlier: earlier, line: number))
        }
        let value = (sign + 1)..<range.upperBound
        if let quote = bytes[value].first, value.count > 1, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
            bytes[value].last == quote
        {
            notes.append(.literalQuotes(line: number))
        }
        entries.append(
            EnvFile.Entry(
                name: name, line: number, value: Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[value])),
                valueRange: value, statement: start..<range.upperBound, quoting: .none, isLiteral: true))
    }

    private func fault(_ problem: EnvFileProblem, _ line: Int) -> SettingsFault {
        .envMalformed(path: path, line: line, problem: problem)
    }
}
