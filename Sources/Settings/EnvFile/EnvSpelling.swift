import Secrets

/// How a value is written in an env file so that its reader finds it there again.
///
/// A spelling is a proposal: whoever puts one into a file reads the file again and looks at what came of it.
enum EnvSpelling {
    /// A value between the quotes that it has, or without any.
    static func inner(_ value: Secret, _ quoting: EnvFile.Quoting, _ syntax: EnvSyntax) -> Secret {
        switch (syntax, quoting) {
        case (.docker, _), (.systemd, .single): value
        case (.compose, .none): escaped(value) { $0 == dollar ? [dollar, dollar] : [$0] }
        case (.compose, .single): escaped(value) { $0 == UInt8(ascii: "'") ? [backslash, $0] : [$0] }
        case (.compose, .double):
            escaped(value) { byte in
                switch byte {
                case 10: [backslash, UInt8(ascii: "n")]
                case 13: [backslash, UInt8(ascii: "r")]
                case dollar: [dollar, dollar]
                case UInt8(ascii: "\""), backslash: [backslash, byte]
                default: [byte]
                }
            }
        case (.systemd, .double): escaped(value) { "\"\\`$".utf8.contains($0) ? [backslash, $0] : [$0] }
        case (.systemd, .none): escaped(value) { isPlain($0) || $0 >= 0x80 ? [$0] : [backslash, $0] }
        }
    }

    /// A value with quotes of its own around it; nil where there are none in that reader's eyes.
    static func quoted(_ value: Secret, _ quoting: EnvFile.Quoting, _ syntax: EnvSyntax) -> Secret? {
        guard syntax != .docker, quoting != .none else { return nil }
        let mark = quoting == .single ? UInt8(ascii: "'") : UInt8(ascii: "\"")
        let text = SecretBuffer(capacity: 2 * value.count + 2)
        text.append(mark)
        text.append(inner(value, quoting, syntax))
        text.append(mark)
        return text.secret()
    }

    /// Whether a value means the same to every reader without quotes.
    static func isPlain(_ value: Secret) -> Bool { value.withBytes { $0.allSatisfy(isPlain) } }

    private static let backslash = UInt8(ascii: "\\")
    private static let dollar = UInt8(ascii: "$")

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "+/=_-.,:@%".utf8.contains(byte)
        }
    }

    private static func escaped(_ value: Secret, _ spell: (UInt8) -> [UInt8]) -> Secret {
        let text = SecretBuffer(capacity: value.count)
        value.withBytes { for byte in $0 { for part in spell(byte) { text.append(part) } } }
        return text.secret()
    }
}
