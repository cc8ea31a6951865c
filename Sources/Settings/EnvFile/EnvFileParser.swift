import Secrets

/// Reads the statements of an env file from its bytes, which it neither keeps nor shows.
struct EnvFileParser {
    private let bytes: UnsafeRawBufferPointer
    private let path: String
    private let environment: [String: Secret]
    private var position: Int
    private var line = 1
    private var values: [String: (value: Secret, line: Int)] = [:]
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
        let start = line
        skipExport()
        let (name, isDefined) = try self.name()
        guard isDefined else {
            inherited.append((name, start))
            if let value = environment[name] { values[name] = (value, start) }
            return
        }
        skipBlanks()
        let entry =
            switch peek {
            case UInt8(ascii: "'"): try quoted(UInt8(ascii: "'"), name, start)
            case UInt8(ascii: "\""): try quoted(UInt8(ascii: "\""), name, start)
            default: try unquoted(name, start)
            }
        if let earlier = entries.last(where: { $0.name == name }) {
            notes.append(.duplicate(name: name, earlier: earlier.line, line: start))
        }
        values[name] = (entry.value, start)
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

    private mutating func unquoted(_ name: String, _ start: Int) throws(SettingsFault) -> EnvFile.Entry {
        let first = position
        while let byte = peek, byte != .newline { position += 1 }
        var end = position
        for index in first..<position where bytes[index] == UInt8(ascii: "#") {
            if index > first, bytes[index - 1] == UInt8(ascii: " ") {
                end = index
                break
            }
        }
        let range = first..<trimmed(first..<end).upperBound
        let raw = UnsafeRawBufferPointer(rebasing: bytes[range])
        return EnvFile.Entry(
            name: name, line: start, value: try resolved(raw), valueRange: range, quoting: .none,
            isLiteral: !raw.contains(UInt8(ascii: "$")))
    }

    private mutating func quoted(_ quote: UInt8, _ name: String, _ start: Int) throws(SettingsFault) -> EnvFile.Entry {
        let opening = line
        position += 1
        let first = position
        let content = SecretBuffer()
        var isLiteral = true
        while let byte = peek, byte != quote {
            position += 1
            switch byte {
            case .newline: line += 1
            case .carriageReturn where peek == .newline:
                isLiteral = false
                continue
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
                try checked(raw)
                return Secret(copying: raw)
            }
            return EnvFile.Entry(
                name: name, line: start, value: value, valueRange: range, quoting: .single, isLiteral: isLiteral)
        }
        let unescaped = EnvFileParser.unescaped(content)
        let value = try unescaped.withBytes { (raw) throws(SettingsFault) in try resolved(raw) }
        isLiteral = isLiteral && !bytes[range].contains { $0 == UInt8(ascii: "$") || $0 == .backslash }
        return EnvFile.Entry(
            name: name, line: start, value: value, valueRange: range, quoting: .double, isLiteral: isLiteral)
    }

    /// A value with its references replaced.
    private mutating func resolved(_ raw: UnsafeRawBufferPointer) throws(SettingsFault) -> Secret {
        try checked(raw)
        var interpolation = EnvInterpolation(environment: environment, earlier: values.mapValues(\.value))
        do throws(EnvFileProblem) {
            let value = try interpolation.expand(raw)
            if interpolation.sawUnset { notes.append(.unsetReference(line: line)) }
            return value
        } catch { throw fault(error) }
    }

    private func checked(_ raw: UnsafeRawBufferPointer) throws(SettingsFault) {
        if raw.contains(0) { throw fault(.notText) }
    }

    /// Replaces the escapes of double quotes; `\$` becomes `$$`, which is how a reference is written literally.
    private static func unescaped(_ content: SecretBuffer) -> SecretBuffer {
        let result = SecretBuffer(capacity: content.count)
        content.withBytes { raw in
            var index = 0
            while index < raw.count {
                let byte = raw[index]
                guard byte == .backslash, index + 1 < raw.count else {
                    result.append(byte)
                    index += 1
                    continue
                }
                index += 2
                switch raw[index - 1] {
                case UInt8(ascii: "a"): result.append(7)
                case UInt8(ascii: "b"): result.append(8)
                case UInt8(ascii: "t"): result.append(9)
                case UInt8(ascii: "n"): result.append(10)
                case UInt8(ascii: "v"): result.append(11)
                case UInt8(ascii: "f"): result.append(12)
                case UInt8(ascii: "r"): result.append(13)
                case UInt8(ascii: "\""), .backslash: result.append(raw[index - 1])
                case UInt8(ascii: "$"):
                    result.append(UInt8(ascii: "$"))
                    result.append(UInt8(ascii: "$"))
                case UInt8(ascii: "0"):
                    if let scalar = octal(raw[index...].prefix(3)) {
                        for unit in String(scalar).utf8 { result.append(unit) }
                        index += 3
                    } else {
                        result.append(.backslash)
                        result.append(UInt8(ascii: "0"))
                    }
                case let other:
                    result.append(.backslash)
                    result.append(other)
                }
            }
        }
        return result
    }

    /// The character of three octal digits.
    private static func octal(_ digits: Slice<UnsafeRawBufferPointer>) -> Unicode.Scalar? {
        let zero = UInt8(ascii: "0")
        guard digits.count == 3, digits.allSatisfy({ (zero...zero + 7).contains($0) }) else { return nil }
        let value = digits.reduce(0) { $0 * 8 + Int($1 - zero) }
        return UInt8(exactly: value).map { Unicode.Scalar($0) }
    }

    // MARK: moving

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Moves to the first byte of the next statement; false at the end of the file.
    private mutating func skipToStatement() -> Bool {
        while let byte = peek {
            if byte == .newline {
                line += 1
            } else if byte == UInt8(ascii: "#") {
                while let next = peek, next != .newline { position += 1 }
                continue
            } else if !byte.isBlank {
                return true
            }
            position += 1
        }
        return false
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte.isBlank { position += 1 }
    }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, bytes[start].isBlank { start += 1 }
        while end > start, bytes[end - 1].isBlank { end -= 1 }
        return start..<end
    }

    private func fault(_ problem: EnvFileProblem) -> SettingsFault {
        .envMalformed(path: path, line: line, problem: problem)
    }
}

extension UInt8 {
    fileprivate static let newline = UInt8(ascii: "\n")
    fileprivate static let carriageReturn = UInt8(ascii: "\r")
    fileprivate static let backslash = UInt8(ascii: "\\")

    /// White space inside a line.
    fileprivate var isBlank: Bool { self == 32 || self == 9 || (11...13).contains(self) }
}
