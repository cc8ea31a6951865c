import Secrets

/// Reads the statements of an env file from its bytes, which it neither keeps nor shows.
struct EnvFileParser {
    private let bytes: UnsafeRawBufferPointer
    private let path: String
    private let environment: [String: Secret]
    private var position: Int
    private var line = 1
    /// Values that references can name, and the lines that define names; both are the last so far.
    private var values: [String: Secret] = [:]
    private var lines: [String: Int] = [:]
    private(set) var entries: [EnvFile.Entry] = []
    private(set) var inherited: [(name: String, line: Int)] = []
    private(set) var notes: [EnvFile.Note] = []

    init(_ bytes: UnsafeRawBufferPointer, path: String, environment: [String: Secret]) {
        self.bytes = bytes
        self.path = path
        self.environment = environment
        // The byte order mark that some editors write.
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    mutating func parse() throws(SettingsFault) {
        while skipToStatement() { try statement() }
    }

    private mutating func statement() throws(SettingsFault) {
        let start = line, first = position
        skipExport()
        let (name, isDefined) = try self.name()
        guard isDefined else {
            inherited.append((name, start))
            if let value = environment[name] { values[name] = value }
            return
        }
        skipBlanks()
        let entry =
            switch peek {
            case UInt8(ascii: "'"): try quoted(UInt8(ascii: "'"), name, start, first)
            case UInt8(ascii: "\""): try quoted(UInt8(ascii: "\""), name, start, first)
            default: try unquoted(name, start, first)
            }
        if let earlier = lines.updateValue(start, forKey: name) {
            notes.append(.duplicate(name: name, earlier: earlier, line: start))
        }
        values[name] = entry.value
        entries.append(entry)
    }

    // MARK: names

    /// The name at the position, and whether a value follows; moves past the sign, or to the end of the line.
    private mutating func name() throws(SettingsFault) -> (String, isDefined: Bool) {
        let start = position
        while let byte = peek, byte != .newline, byte != UInt8(ascii: "="), byte != UInt8(ascii: ":") { position += 1 }
        let sign = position
        let isDefined = peek != nil && peek != .newline
        if isDefined { position += 1 }
        let range = trimmed(start..<sign)
        if range.isEmpty { throw fault(.noName) }
        guard let name = String(validating: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
        else { throw fault(.badName) }
        for scalar in name.unicodeScalars where !isNameScalar(scalar) {
            throw fault(scalar == " " ? .spaceInName : .badName)
        }
        return (name, isDefined)
    }

    private func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "_", ".", "-", "[", "]": true
        default: scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        }
    }

    private mutating func skipExport() {
        let word = Array("export".utf8)
        let end = position + word.count
        guard end < bytes.count, bytes[position..<end].elementsEqual(word), bytes[end].isBlank else { return }
        position = end
        skipBlanks()
    }

    // MARK: values

    private mutating func unquoted(
        _ name: String, _ start: Int, _ statement: Int
    ) throws(SettingsFault) -> EnvFile.Entry {
        let first = position
        while let byte = peek, byte != .newline { position += 1 }
        var end = position
        for index in first..<position where bytes[index] == UInt8(ascii: "#") {
            if index > first, bytes[index - 1] == UInt8(ascii: " ") {
                end = index
                break
            }
        }
        let range = first..<max(first, trimmed(first..<end).upperBound)
        let raw = UnsafeRawBufferPointer(rebasing: bytes[range])
        return EnvFile.Entry(
            name: name, line: start, value: try resolved(raw, line), valueRange: range,
            statement: statement..<range.upperBound, quoting: .none, isLiteral: !raw.contains(UInt8(ascii: "$")))
    }

    private mutating func quoted(
        _ quote: UInt8, _ name: String, _ start: Int, _ statement: Int
    ) throws(SettingsFault) -> EnvFile.Entry {
        let opening = line
        position += 1
        let first = position
        let content = SecretBuffer()
        var isLiteral = true
        while let byte = peek, byte != quote {
            position += 1
            switch byte {
            case .newline: line += 1
            case .backslash:
                // An escaped quote loses its backslash here; every other pair is kept for the escapes of double quotes.
                guard let next = peek else { continue }
                if next == .newline { line += 1 }
                if next == quote { isLiteral = false } else { content.append(byte) }
                content.append(next)
                position += 1
                continue
            default: break
            }
            content.append(byte)
        }
        if peek == nil { throw .envMalformed(path: path, line: opening, problem: .openQuote) }
        let range = first..<position
        position += 1
        if quote == UInt8(ascii: "'") {
            let value = try content.withBytes { (raw) throws(SettingsFault) in
                try checked(raw, opening)
                return Secret(copying: raw)
            }
            return EnvFile.Entry(
                name: name, line: start, value: value, valueRange: range, statement: statement..<position,
                quoting: .single, isLiteral: isLiteral)
        }
        let unescaped = EnvEscapes.replaced(content)
        let value = try unescaped.withBytes { (raw) throws(SettingsFault) in try resolved(raw, opening) }
        isLiteral = isLiteral && !bytes[range].contains { $0 == UInt8(ascii: "$") || $0 == .backslash }
        return EnvFile.Entry(
            name: name, line: start, value: value, valueRange: range, statement: statement..<position, quoting: .double,
            isLiteral: isLiteral)
    }

    /// A value with its references replaced; faults and notes name the line it begins in.
    private mutating func resolved(_ raw: UnsafeRawBufferPointer, _ opening: Int) throws(SettingsFault) -> Secret {
        try checked(raw, opening)
        var interpolation = EnvInterpolation(environment: environment, earlier: values)
        do throws(EnvFileProblem) {
            let value = try interpolation.expand(raw)
            if interpolation.sawUnset { notes.append(.unsetReference(line: opening)) }
            return value
        } catch { throw .envMalformed(path: path, line: opening, problem: error) }
    }

    private func checked(_ raw: UnsafeRawBufferPointer, _ opening: Int) throws(SettingsFault) {
        if raw.contains(0) { throw .envMalformed(path: path, line: opening, problem: .notText) }
    }

    // MARK: moving

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Moves to the first byte of the next statement; false at the end of the file.
    private mutating func skipToStatement() -> Bool {
        while let byte = peek {
            if byte == .newline {
                line += 1
                position += 1
            } else if byte == UInt8(ascii: "#") {
                while let next = peek, next != .newline { position += 1 }
            } else if let length = WhiteSpace.go.length(in: bytes, at: position, before: bytes.count) {
                position += length
            } else {
                return true
            }
        }
        return false
    }

    /// Moves to what is not white space in front of a name or a value. Compose knows fewer characters there than at a
    /// value's end.
    private mutating func skipBlanks() {
        while let byte = peek {
            if byte.isBlank {
                position += 1
            } else if bytes[position...].starts(with: [0xC2, 0x85]) || bytes[position...].starts(with: [0xC2, 0xA0]) {
                position += 2
            } else {
                return
            }
        }
    }

    /// The part of a line without white space at its ends.
    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        let found = WhiteSpace.go.trimmed(UnsafeRawBufferPointer(rebasing: bytes[range]))
        return range.lowerBound + found.lowerBound..<range.lowerBound + found.upperBound
    }

    private func fault(_ problem: EnvFileProblem) -> SettingsFault {
        .envMalformed(path: path, line: line, problem: problem)
    }
}

extension UInt8 {
    fileprivate static let newline = UInt8(ascii: "\n")
    fileprivate static let backslash = UInt8(ascii: "\\")

    /// White space inside a line.
    fileprivate var isBlank: Bool { self == 32 || self == 9 || (11...13).contains(self) }
}
