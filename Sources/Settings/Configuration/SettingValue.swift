package import Faults
package import Postgres
package import Scheduling
import Secrets

/// A value of the configuration, of the type that its key wants.
package enum SettingValue: Sendable {
    case text(String)
    case list([String])
    case integer(Int)
    case duration(Duration)
    case runTime(RunTime)
    case none
    case url(PostgresURL)

    /// As `config show` prints it and the file writes it; passwords masked.
    package var description: String {
        switch self {
        case .text(let text): text
        case .list(let items): items.joined(separator: ", ")
        case .integer(let number): String(number)
        case .duration(let duration): SettingValue.text(duration)
        case .runTime(let time): time.text
        case .none: "none"
        case .url(let url): url.description
        }
    }
}

extension SettingValue {
    /// Reads a text as a value of `kind`; nil when it is not one. A list is written in one text as variables and options
    /// do: paths with colons between them, words with commas or blanks, those of a command with blanks.
    init?(_ text: String, _ kind: SettingKey.Kind) {
        switch kind {
        case .word, .path:
            if text.isEmpty { return nil }
            self = .text(text)
        case .pathOrNone:
            // The word of `instance.key`, which means the same, would be a file of that name.
            if text.isEmpty || text == "elsewhere" { return nil }
            self = text == "none" ? .none : .text(text)
        case .onlyNone:
            if text != "none" { return nil }
            self = .none
        case .onlyElsewhere:
            if text != "elsewhere" { return nil }
            self = .text(text)
        case .choice(let words):
            if !words.contains(text) { return nil }
            self = .text(text)
        case .paths:
            let items = text.split(separator: ":").map(String.init)
            if items.isEmpty { return nil }
            self = .list(items)
        case .words:
            let items = text.split { $0 == "," || $0.isWhitespace }.map(String.init)
            if items.isEmpty { return nil }
            self = .list(items)
        case .command:
            let words = text.split { $0.isWhitespace }.map(String.init)
            if words.isEmpty { return nil }
            self = .list(words)
        case .integer(let range):
            guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let number = Int(text),
                range.contains(number)
            else { return nil }
            self = .integer(number)
        // Where these two are wrong, and why, `SettingKey.Kind.excerpt` says.
        case .duration:
            do { self = .duration(try SettingValue.duration(text)) } catch { return nil }
        case .runTimeOrNone:
            if text == "none" {
                self = .none
            } else {
                do { self = .runTime(try RunTime(parsing: text)) } catch { return nil }
            }
        case .databaseURL:
            var bytes = Array(text.utf8)
            // The key's own words say what is expected; the cause would only repeat them.
            do { self = .url(try PostgresURL(Secret(consuming: &bytes))) } catch { return nil }
        case .webURL:
            guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else { return nil }
            let host = text.dropFirst(scheme.count).prefix { !"/?#:".contains($0) }
            // A name and a password have no place in it, and a blank cannot be sent.
            guard !host.isEmpty, !text.contains("@"),
                text.unicodeScalars.allSatisfy({ $0.value > 32 && $0.value < 127 })
            else { return nil }
            self = .text(text)
        case .fingerprint:
            let prefix = "SHA256:"
            let digest = text.dropFirst(prefix.count)
            guard text.hasPrefix(prefix), digest.utf8.count == 43, digest.utf8.allSatisfy(SettingValue.isBase64)
            else { return nil }
            self = .text(text)
        }
    }

    /// A length of time as people write it: a whole number and `s`, `m`, `h` or `d`; at most ten years.
    package static func duration(_ text: String) throws(Unreadable) -> Duration {
        let digits = text.prefix { $0.isASCII && $0.isNumber }, rest = text.dropFirst(digits.count)
        let wrong = { (offset: Int, problem: String) in Unreadable(Excerpt(text, offset: offset, problem: problem)) }
        if digits.isEmpty { throw wrong(0, "a number is expected here") }
        guard let letter = rest.first, let unit = ["s": 1, "m": 60, "h": 3600, "d": 86_400][letter] else {
            throw wrong(digits.count, "s, m, h or d is expected here, for seconds, minutes, hours or days")
        }
        guard rest.count == 1 else { throw wrong(digits.count + 1, "nothing may follow the \(letter)") }
        guard digits.count <= 10, let number = Int(digits), number * unit <= 3650 * 86_400 else {
            throw wrong(0, "ten years are the most")
        }
        return .seconds(number * unit)
    }

    /// A text that is no value, and where.
    package struct Unreadable: Error, Equatable {
        package let excerpt: Excerpt
        init(_ excerpt: Excerpt) { self.excerpt = excerpt }
    }

    /// A length of time in the largest unit that divides it.
    static func text(_ duration: Duration) -> String {
        let seconds = Int(duration.components.seconds)
        for (unit, length) in [("d", 86_400), ("h", 3600), ("m", 60)] where seconds > 0 && seconds % length == 0 {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}

extension SettingValue {
    /// What the fingerprint of a signer looks like.
    package static let fingerprintForm = SettingKey.Kind.fingerprint.expected

    /// Whether a text is the fingerprint of a signer.
    package static func isFingerprint(_ text: String) -> Bool { SettingValue(text, .fingerprint) != nil }
}

extension SettingKey.Kind {
    /// Where a text of this kind is wrong, for kinds that are never secret; nil where that cannot be told.
    func excerpt(_ text: String) -> Excerpt? {
        switch self {
        case .duration:
            do throws(SettingValue.Unreadable) { _ = try SettingValue.duration(text) } catch { return error.excerpt }
        case .runTimeOrNone:
            do throws(RunTime.Problem) { _ = try RunTime(parsing: text) } catch {
                return Excerpt(text, offset: error.offset, problem: error.text)
            }
        default: break
        }
        return nil
    }

    /// What a value of this kind has to be, for errors.
    var expected: String {
        switch self {
        case .word: "a single word"
        case .path: "a path"
        case .pathOrNone: "a path, or the word none"
        case .onlyNone: "none, or a section with keys of its own"
        case .onlyElsewhere: "the word elsewhere"
        case .choice(let words): "one of \(words.joined(separator: ", "))"
        case .paths: "a path or a list of paths"
        case .words: "a word or a list of words"
        case .command: "a list of words, the program first"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .duration: "a duration such as 20s, 5m, 1h or 2d"
        case .runTimeOrNone: "a time such as 03:23, *:23, Sun 05:41 or 1st 06:17, or the word none"
        case .databaseURL: "a URI of the form postgresql://user@host:port/database with libpq's parameters"
        case .webURL: "an address of the form http://host:port"
        case .fingerprint: "a fingerprint of the form SHA256: and 43 characters"
        }
    }

    var isList: Bool { self == .paths || self == .words || self == .command }
}
