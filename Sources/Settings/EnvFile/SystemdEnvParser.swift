import Secrets

/// Reads an env file as systemd reads `EnvironmentFile=` since version 254; before, a backslash at the end of a comment
/// also made the next line one.
///
/// A value may be put together of pieces, in single quotes, in double quotes and without; a backslash at the end of a
/// line joins the next one to it; there are no references. What is no definition is left out and noted.
struct SystemdEnvParser {
    private let bytes: UnsafeRawBufferPointer
    private let path: String
    private var position = 0
    private var line = 1
    private(set) var entries: [EnvFile.Entry] = []
    private(set) var notes: [EnvFile.Note] = []
    private var lines: [String: Int] = [:]

    init(_ bytes: UnsafeRawBufferPointer, path: String) {
        self.bytes = bytes
        self.path = path
    }

    mutating func parse() throws(SettingsFault) {
        if bytes.contains(0) || String(validating: bytes, as: UTF8.self) == nil {
            throw .envMalformed(path: path, line: 1, problem: .notText)
        }
        while skipBlanks() {
            if bytes[position] == UInt8(ascii: "#") || bytes[position] == UInt8(ascii: ";") {
                skipComment()
            } else {
                statement()
            }
        }
    }

    private mutating func statement() {
        let start = position, first = line
        while let byte = peek, byte != UInt8(ascii: "="), !byte.endsLine { position += 1 }
        guard peek == UInt8(ascii: "=") else { return notes.append(.ignored(line: first)) }
        var end = position
        while end > start, bytes[end - 1].isBlank { end -= 1 }
        let name = String(decoding: bytes[start..<end], as: UTF8.self)
        position += 1
        let value = value(named: name, first, start)
        guard SystemdEnvParser.isName(name), SystemdEnvParser.isText(value.value) else {
            return notes.append(.ignored(line: first))
        }
        if let earlier = lines.updateValue(first, forKey: name) {
            notes.append(.duplicate(name: name, earlier: earlier, line: first))
        }
        entries.append(value)
    }

    /// The value at the position; moves behind it.
    private mutating func value(named name: String, _ first: Int, _ statement: Int) -> EnvFile.Entry {
        let content = SecretBuffer()
        var pieces = 0, range: Range<Int>?, quoting = EnvFile.Quoting.none, isLiteral = true,
            whole = position..<position
        let extend = { (piece: Range<Int>) in
            whole = (pieces == 0 ? piece.lowerBound : whole.lowerBound)..<piece.upperBound
            pieces += 1
        }
        while let byte = peek, !byte.endsLine {
            let start = position
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                let inner = quoted(byte, content, &isLiteral)
                quoting = byte == UInt8(ascii: "'") ? .single : .double
                range = inner
                extend(start..<position)
            case let byte where byte.isBlank: position += 1
            default:
                let end = plain(content, &isLiteral)
                range = start..<end
                quoting = .none
                extend(start..<end)
            }
        }
        let isWhole = pieces <= 1
        return EnvFile.Entry(
            name: name, line: first, value: content.secret(), valueRange: isWhole ? range ?? whole : whole,
            statement: statement..<max(whole.upperBound, statement), quoting: isWhole ? quoting : .none,
            isLiteral: isLiteral && isWhole)
    }

    /// A piece in quotes, which the end of the file ends too.
    ///
    /// - Returns: where it lies, without the quotes.
    private mutating func quoted(_ quote: UInt8, _ content: SecretBuffer, _ isLiteral: inout Bool) -> Range<Int> {
        position += 1
        let start = position
        while let byte = peek, byte != quote {
            position += 1
            if byte == UInt8(ascii: "\n") { line += 1 }
            guard byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") else {
                content.append(byte)
                continue
            }
            isLiteral = false
            guard let next = peek else { break }
            position += 1
            if next == UInt8(ascii: "\n") {
                line += 1
            } else {
                if !"\"\\`$".utf8.contains(next) { content.append(byte) }
                content.append(next)
            }
        }
        let end = position
        if peek != nil { position += 1 }
        return start..<end
    }

    /// A piece without quotes, to the end of its line; quotes inside it are characters.
    ///
    /// - Returns: where it ends, without the blanks behind it.
    private mutating func plain(_ content: SecretBuffer, _ isLiteral: inout Bool) -> Int {
        let held = SecretBuffer()
        var end = position
        while let byte = peek, !byte.endsLine {
            position += 1
            if byte == UInt8(ascii: "\\") {
                isLiteral = false
                content.append(held.secret())
                held.removeAll()
                end = position
                guard let next = peek else { break }
                position += 1
                end = position
                if next == UInt8(ascii: "\n") { line += 1 }
                if !next.endsLine { content.append(next) }
            } else if byte.isBlank {
                held.append(byte)
            } else {
                content.append(held.secret())
                held.removeAll()
                content.append(byte)
                end = position
            }
        }
        return end
    }

    // MARK: - What counts

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || byte == UInt8(ascii: "_")
        }
    }

    /// A value with a control character is none to systemd.
    private static func isText(_ value: Secret) -> Bool {
        value.withBytes { bytes in bytes.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 || $0 == 10 } }
    }

    // MARK: - Moving

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Moves to what is not white space; false at the end.
    private mutating func skipBlanks() -> Bool {
        while let byte = peek, byte.isBlank || byte.endsLine {
            if byte == UInt8(ascii: "\n") { line += 1 }
            position += 1
        }
        return peek != nil
    }

    private mutating func skipComment() {
        while let byte = peek, !byte.endsLine { position += 1 }
        if bytes[position - 1] == UInt8(ascii: "\\") { notes.append(.continuedComment(line: line)) }
    }
}

extension UInt8 {
    fileprivate var endsLine: Bool { self == 10 || self == 13 }
    fileprivate var isBlank: Bool { self == 32 || self == 9 }
}
