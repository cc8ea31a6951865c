import Secrets

/// The escapes of double quotes, as Compose replaces them: `\\n` and its like, `\\0` and three octal digits. Every other
/// pair stays as it is.
enum EnvEscapes {
    private static let backslash = UInt8(ascii: "\\")

    /// `\\$` becomes `$$`, which is how a reference is written literally: references are replaced afterwards.
    static func replaced(_ content: SecretBuffer) -> SecretBuffer {
        let result = SecretBuffer(capacity: content.count)
        content.withBytes { raw in
            var index = 0
            while index < raw.count {
                guard raw[index] == backslash, index + 1 < raw.count else {
                    result.append(raw[index])
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
                case UInt8(ascii: "\""), backslash: result.append(raw[index - 1])
                case UInt8(ascii: "$"):
                    result.append(UInt8(ascii: "$"))
                    result.append(UInt8(ascii: "$"))
                case UInt8(ascii: "0"):
                    if let scalar = octal(raw[index...].prefix(3)) {
                        for unit in String(scalar).utf8 { result.append(unit) }
                        index += 3
                    } else {
                        // Compose hands the digits on without the 0 when they are no character.
                        result.append(backslash)
                    }
                case let other:
                    result.append(backslash)
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
}
