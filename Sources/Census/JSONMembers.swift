import Glibc

/// Finds the texts of one member in JSON, wherever it stands.
///
/// The values that are looked for are base64, which JSON writes without escapes; one with an escape is handed on as it
/// is, and is then no base64.
enum JSONMembers {
    /// The next text behind `"name":`, and `rest` set behind it; nil where there is none left.
    static func next(
        _ name: String, in rest: inout Slice<UnsafeRawBufferPointer>
    ) -> UnsafeRawBufferPointer? {
        let key = Array("\"\(name)\"".utf8)
        while let found = find(key, in: rest) {
            rest = rest[found...]
            skipBlanks(&rest)
            guard rest.first == UInt8(ascii: ":") else { continue }
            rest = rest.dropFirst()
            skipBlanks(&rest)
            guard rest.first == UInt8(ascii: "\"") else { continue }
            rest = rest.dropFirst()
            let end = rest.firstIndex(of: UInt8(ascii: "\"")) ?? rest.endIndex
            let text = UnsafeRawBufferPointer(rebasing: rest[rest.startIndex..<end])
            rest = rest[end...].dropFirst()
            return text
        }
        return nil
    }

    /// The place behind a text.
    private static func find(_ text: [UInt8], in bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
        guard let base = bytes.base.baseAddress else { return nil }
        var at = bytes.startIndex
        while at + text.count <= bytes.endIndex {
            guard let quote = memchr(base + at, Int32(text[0]), bytes.endIndex - at) else { return nil }
            at = UnsafeRawPointer(quote) - base
            if at + text.count <= bytes.endIndex, memcmp(base + at, text, text.count) == 0 { return at + text.count }
            at += 1
        }
        return nil
    }

    private static func skipBlanks(_ rest: inout Slice<UnsafeRawBufferPointer>) {
        while let byte = rest.first, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
            rest = rest.dropFirst()
        }
    }
}
