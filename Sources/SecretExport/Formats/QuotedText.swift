import Secrets

/// Text in double quotes with escapes that JSON and YAML share.
enum QuotedText {
    /// - Parameter isYAML: escapes what YAML does not take as it is, too.
    /// - Returns: false, with nothing appended, where the bytes are no UTF-8.
    static func append(_ bytes: UnsafeRawBufferPointer, isYAML: Bool, to text: SecretBuffer) -> Bool {
        guard UTF8Text.isValid(bytes) else { return false }
        text.append(UInt8(ascii: "\""))
        var at = 0
        while at < bytes.count, let (value, length) = UTF8Text.scalar(bytes, at: at) {
            switch value {
            case 0x22, 0x5C:
                text.append(UInt8(ascii: "\\"))
                text.append(UInt8(value))
            case 0x0A: text.append(text: "\\n")
            case 0x0D: text.append(text: "\\r")
            case 0x09: text.append(text: "\\t")
            case 0..<0x20: appendEscape(value, to: text)
            case 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF:
                if isYAML { appendEscape(value, to: text) } else { fallthrough }
            default: text.append(UnsafeRawBufferPointer(rebasing: bytes[at..<at + length]))
            }
            at += length
        }
        text.append(UInt8(ascii: "\""))
        return true
    }

    static func append(_ string: String, isYAML: Bool, to text: SecretBuffer) {
        var string = string
        // A String is always UTF-8.
        string.withUTF8 { _ = append(UnsafeRawBufferPointer($0), isYAML: isYAML, to: text) }
    }

    private static func appendEscape(_ value: UInt32, to text: SecretBuffer) {
        let digits = String(value, radix: 16)
        text.append(text: "\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
    }
}
