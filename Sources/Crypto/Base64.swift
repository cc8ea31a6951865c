/// Base64 with the standard alphabet (RFC 4648, section 4), read strictly: every value has exactly one spelling.
///
/// White space, foreign characters, missing or superfluous padding, and set bits behind the last byte are all refused,
/// so that two different texts never stand for the same signed or authenticated value.
package enum Base64 {
    /// Characters that `count` bytes take.
    package static func encodedSize(_ count: Int, padded: Bool) -> Int {
        padded ? (count + 2) / 3 * 4 : (count * 4 + 2) / 3
    }

    package static func encode(_ bytes: UnsafeRawBufferPointer, padded: Bool = true) -> String {
        String(unsafeUninitializedCapacity: encodedSize(bytes.count, padded: padded)) { target in
            encode(bytes, padded: padded, into: UnsafeMutableRawBufferPointer(target))
        }
    }

    package static func encode(_ bytes: [UInt8], padded: Bool = true) -> String {
        bytes.withUnsafeBytes { encode($0, padded: padded) }
    }

    /// Writes the text into `target`, which has room for `encodedSize` characters.
    ///
    /// - Returns: the number of characters written.
    package static func encode(
        _ bytes: UnsafeRawBufferPointer, padded: Bool, into target: UnsafeMutableRawBufferPointer
    ) -> Int {
        var read = 0, written = 0
        while read < bytes.count {
            let left = bytes.count - read
            let first = UInt32(bytes[read]) << 16
            let second = left > 1 ? UInt32(bytes[read + 1]) << 8 : 0
            let group = first | second | (left > 2 ? UInt32(bytes[read + 2]) : 0)
            for index in 0..<4 {
                if index <= left {
                    target[written] = character(UInt8(truncatingIfNeeded: group >> UInt32(18 - 6 * index)) & 63)
                } else if padded {
                    target[written] = UInt8(ascii: "=")
                } else {
                    break
                }
                written += 1
            }
            read += 3
        }
        return written
    }

    /// Reads text; nil if it is not the one canonical spelling of some bytes.
    package static func decode(_ text: String, padded: Bool = true) -> [UInt8]? {
        var text = text
        return text.withUTF8 { decode(UnsafeRawBufferPointer($0), padded: padded) }
    }

    package static func decode(_ text: UnsafeRawBufferPointer, padded: Bool = true) -> [UInt8]? {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 3) { target, count in
            let decoded = decode(text, padded: padded, into: UnsafeMutableRawBufferPointer(target))
            failed = decoded == nil
            count = decoded ?? 0
        }
        return failed ? nil : bytes
    }

    /// Reads text into `target`, which has room for three bytes per four characters begun.
    ///
    /// - Returns: the number of bytes, or nil if the text is not canonical; `target` then holds nothing of use.
    package static func decode(
        _ text: UnsafeRawBufferPointer, padded: Bool, into target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        var end = text.count
        if padded {
            guard end % 4 == 0 else { return nil }
            if end > 0, text[end - 1] == UInt8(ascii: "=") { end -= text[end - 2] == UInt8(ascii: "=") ? 2 : 1 }
        }
        guard end % 4 != 1, target.count >= end / 4 * 3 + max(0, end % 4 - 1) else { return nil }
        var group: UInt32 = 0, written = 0
        let isText = values.withUnsafeBufferPointer { values in
            // What is no character of the alphabet sets a bit that no value has.
            var seen: UInt8 = 0
            let whole = end / 4 * 4
            var index = 0
            while index < whole {
                let a = values[Int(text[index])], b = values[Int(text[index + 1])]
                let c = values[Int(text[index + 2])], d = values[Int(text[index + 3])]
                seen |= a | b | c | d
                target[written] = a << 2 | b >> 4
                target[written + 1] = b << 4 | c >> 2
                target[written + 2] = c << 6 | d
                written += 3
                index += 4
            }
            while index < end {
                let value = values[Int(text[index])]
                seen |= value
                group = group << 6 | UInt32(value & 63)
                index += 1
            }
            return seen & 0xc0 == 0
        }
        guard isText else { return nil }
        switch end % 4 {
        case 2:
            guard group & 0xf == 0 else { return nil }
            target[written] = UInt8(truncatingIfNeeded: group >> 4)
            written += 1
        case 3:
            guard group & 0x3 == 0 else { return nil }
            target[written] = UInt8(truncatingIfNeeded: group >> 10)
            target[written + 1] = UInt8(truncatingIfNeeded: group >> 2)
            written += 2
        default: break
        }
        return written
    }

    private static func character(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    /// By character; 255 for those that are none of the alphabet.
    private static let values: [UInt8] = (0...255).map { number in
        let character = UInt8(number)
        return switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: 255
        }
    }
}
