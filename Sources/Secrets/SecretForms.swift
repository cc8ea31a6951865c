/// The spellings of a secret in which programs print it: as it is, line by line, and as JSON, URLs, base64 and hex
/// write it.
struct SecretForms {
    /// A spelling of fewer bytes is too likely to be a part of something ordinary; between these two only a whole word
    /// counts.
    static let shortest = 4
    static let shortestInsideWords = 6

    /// Words that are a setting, never a secret, whatever the name they stand under.
    private static let ordinary: Set<[UInt8]> = Set(
        [
            "true", "false", "none", "null", "undefined", "info", "debug", "warn", "error", "default", "disabled",
            "enabled", "production", "development",
        ].map { Array($0.utf8) })

    private(set) var all: Set<[UInt8]> = []

    /// - Parameter value: with the passwords of addresses in it, if it is an address.
    init(_ value: [UInt8]) {
        let trimmed = SecretForms.trimmed(value)
        add(trimmed)
        if trimmed != value, value.count >= SecretForms.shortestInsideWords { add(value) }
        addLines(trimmed)
        addPasswords(trimmed)
    }

    private mutating func add(_ value: [UInt8]) {
        guard value.count >= SecretForms.shortest, !SecretForms.ordinary.contains(value) else { return }
        all.insert(value)
        for quoted in SecretForms.json(value) {
            all.insert(quoted)
            // A document inside another one's string.
            all.formUnion(SecretForms.json(quoted).prefix(2))
        }
        all.formUnion(SecretForms.percentEncoded(value))
        guard value.count >= SecretForms.shortestInsideWords else { return }
        for letters in ["0123456789abcdef", "0123456789ABCDEF"] {
            let digits = Array(letters.utf8)
            all.insert(value.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
        }
        for letters in [SecretForms.base64, SecretForms.base64URL] {
            // Inside a longer text, such as `user:password`, the same bytes are spelled in three ways.
            for lead in 0..<3 { all.insert(SecretForms.inner(value, lead: lead, letters)) }
            // At the end of a text its last character holds fewer bits.
            all.insert(Array(SecretForms.inner(value + [0], lead: 0, letters).prefix((value.count * 4 + 2) / 3)))
        }
    }

    /// A log is printed line by line; a key in several lines never stands in one.
    private mutating func addLines(_ value: [UInt8]) {
        // An env file may keep line feeds as `\n`.
        for text in [value, SecretForms.unescaped(value)] {
            let lines = text.split { $0 == 10 || $0 == 13 }
            guard lines.count > 1 || text != value else { continue }
            if text != value { add(text) }
            for line in lines where !line.starts(with: "-----".utf8) { add(SecretForms.trimmed(Array(line))) }
        }
    }

    /// Of `scheme://user:password@host` the password, as it is written and as it is meant.
    private mutating func addPasswords(_ value: [UInt8]) {
        guard let range = SecretForms.password(in: value[...]) else { return }
        let written = Array(value[range])
        add(written)
        add(SecretForms.percentDecoded(written))
    }

    /// Where the password of the first address in a text lies: between the first `:` and the last `@` before the host's
    /// end.
    static func password(in bytes: ArraySlice<UInt8>) -> Range<Int>? {
        var rest = bytes
        while let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
            rest = rest[(colon + 1)...]
            guard bytes[colon...].starts(with: "://".utf8) else { continue }
            let start = colon + 3
            let end = bytes[start...].firstIndex { " \"'/".utf8.contains($0) } ?? bytes.endIndex
            guard let at = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")),
                let separator = bytes[start..<at].firstIndex(of: UInt8(ascii: ":"))
            else { continue }
            return separator + 1..<at
        }
        return nil
    }

    // MARK: - Spellings

    private static let base64 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let base64URL = Array(base64.dropLast(2)) + Array("-_".utf8)

    /// The characters of a base64 text that say nothing but these bytes, with `lead` bytes before them and anything
    /// behind them.
    private static func inner(_ value: [UInt8], lead: Int, _ letters: [UInt8]) -> [UInt8] {
        let first = (lead * 8 + 5) / 6, end = (lead + value.count) * 8 / 6
        return (first..<max(first, end)).map { place in
            let bit = place * 6 - lead * 8, byte = bit / 8
            let pair = UInt16(value[byte]) << 8 | (byte + 1 < value.count ? UInt16(value[byte + 1]) : 0)
            return letters[Int(pair >> UInt16(10 - bit % 8)) & 63]
        }
    }

    /// As JSON strings: what must be escaped only, with `\/`, and with everything but ASCII as `\u…` in either case.
    private static func json(_ value: [UInt8]) -> [[UInt8]] {
        let text = String(decoding: value, as: UTF8.self)
        return [(false, false, false), (true, false, false), (false, true, false), (false, true, true)].map {
            slash, ascii, upper in
            var result = ""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"", "\\": result += "\\" + String(scalar)
                case "/" where slash: result += "\\/"
                case "\n": result += "\\n"
                case "\r": result += "\\r"
                case "\t": result += "\\t"
                case _ where scalar.value < 32 || ascii && scalar.value > 126:
                    for unit in String(scalar).utf16 {
                        let digits = String(unit, radix: 16, uppercase: upper)
                        result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                    }
                default: result.unicodeScalars.append(scalar)
                }
            }
            return Array(result.utf8)
        }
    }

    /// As the parts of a URL: by RFC 3986, by `encodeURIComponent`, by `encodeURI` and as a form, hex in either case.
    private static func percentEncoded(_ value: [UInt8]) -> [[UInt8]] {
        let marks = "-._~", component = marks + "!'()*", whole = component + ";/?:@&=+$,#"
        return [(marks, false), (component, false), (whole, false), (marks, true), ("-._*", true)].flatMap {
            plain, isForm in
            ["0123456789ABCDEF", "0123456789abcdef"].map { letters in
                let digits = Array(letters.utf8)
                return value.flatMap { byte -> [UInt8] in
                    if isWord(byte) && byte < 128 || plain.utf8.contains(byte) { return [byte] }
                    if isForm && byte == UInt8(ascii: " ") { return [UInt8(ascii: "+")] }
                    return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                }
            }
        }
    }

    private static func percentDecoded(_ value: [UInt8]) -> [UInt8] {
        var result: [UInt8] = [], index = 0
        while index < value.count {
            if value[index] == UInt8(ascii: "%"), index + 2 < value.count,
                let byte = UInt8(String(decoding: value[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                result.append(byte)
                index += 3
            } else {
                result.append(value[index])
                index += 1
            }
        }
        return result
    }

    /// With `\n` and `\r` as the characters that they stand for.
    private static func unescaped(_ value: [UInt8]) -> [UInt8] {
        var result: [UInt8] = [], index = 0
        while index < value.count {
            let next = index + 1 < value.count ? value[index + 1] : 0
            if value[index] == UInt8(ascii: "\\"), next == UInt8(ascii: "n") || next == UInt8(ascii: "r") {
                result.append(next == UInt8(ascii: "n") ? 10 : 13)
                index += 2
            } else {
                result.append(value[index])
                index += 1
            }
        }
        return result
    }

    private static func trimmed(_ value: [UInt8]) -> [UInt8] {
        let isBlank = { (byte: UInt8) in byte == 32 || (9...13).contains(byte) }
        guard let first = value.firstIndex(where: { !isBlank($0) }),
            let last = value.lastIndex(where: { !isBlank($0) })
        else { return [] }
        return Array(value[first...last])
    }

    /// Whether a byte is a part of a word: a letter, a digit, `_`, or of a character that is not ASCII.
    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 128...255:
            true
        default: false
        }
    }
}
