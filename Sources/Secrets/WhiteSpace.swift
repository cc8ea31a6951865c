/// White space at the ends of a value in UTF-8, as the programs that read the value see it.
package enum WhiteSpace: Sendable {
    /// What JavaScript's `trim()` takes away: Infisical reads its environment so.
    case javaScript
    /// What Go calls a space: Compose ends unquoted values so.
    case go

    /// The part of `bytes` without white space at its ends.
    package func trimmed(_ bytes: UnsafeRawBufferPointer) -> Range<Int> {
        var start = 0, end = bytes.count
        while let length = length(in: bytes, at: start, before: end) { start += length }
        let ends = { (length: Int) in
            end - length >= start && self.length(in: bytes, at: end - length, before: end) == length
        }
        while let length = (1...3).first(where: ends) { end -= length }
        return start..<end
    }

    /// How many bytes the white space character takes that begins at `start`; nil if none does.
    package func length(in bytes: UnsafeRawBufferPointer, at start: Int, before end: Int) -> Int? {
        guard start >= 0, start < end else { return nil }
        let first = UInt32(bytes[start])
        if first < 0x80 { return contains(first) ? 1 : nil }
        let length = first & 0xE0 == 0xC0 ? 2 : 3
        guard start + length <= end, first & 0xF0 == 0xE0 || length == 2 else { return nil }
        var scalar = length == 2 ? first & 0x1F : first & 0x0F
        for byte in bytes[start + 1..<start + length] {
            guard byte & 0xC0 == 0x80 else { return nil }
            scalar = scalar << 6 | UInt32(byte & 0x3F)
        }
        return contains(scalar) ? length : nil
    }

    private func contains(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x09...0x0D, 0x20, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        case 0x85: self == .go
        case 0xFEFF: self == .javaScript
        default: false
        }
    }
}
