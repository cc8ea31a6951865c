/// Reads UTF-8 where it lies, without a copy that nobody could zero.
enum UTF8Text {
    /// The character at `at` and its length; nil where the bytes are no UTF-8.
    static func scalar(_ bytes: UnsafeRawBufferPointer, at: Int) -> (value: UInt32, length: Int)? {
        let first = UInt32(bytes[at])
        switch first {
        case 0..<0x80: return (first, 1)
        case 0xC2...0xDF: return rest(bytes, at, first & 0x1F, count: 1, least: 0x80)
        case 0xE0...0xEF: return rest(bytes, at, first & 0x0F, count: 2, least: 0x800)
        case 0xF0...0xF4: return rest(bytes, at, first & 0x07, count: 3, least: 0x10000)
        default: return nil
        }
    }

    private static func rest(
        _ bytes: UnsafeRawBufferPointer, _ at: Int, _ first: UInt32, count: Int, least: UInt32
    ) -> (value: UInt32, length: Int)? {
        guard at + count < bytes.count else { return nil }
        var value = first
        for byte in bytes[(at + 1)...(at + count)] {
            guard byte & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        guard value >= least, value <= 0x10FFFF, !(0xD800...0xDFFF).contains(value) else { return nil }
        return (value, count + 1)
    }

    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        while at < bytes.count {
            guard let (_, length) = scalar(bytes, at: at) else { return false }
            at += length
        }
        return true
    }
}
