import FoundationEssentials

/// Looks whether JSON has the one form that all readers of a repository read alike: no member twice, no white space,
/// whole numbers, no NUL.
///
/// The grammar is not checked here: the decoder has done so.
enum JSONForm {
    /// An object or a list that is open at this place.
    private struct Container {
        /// Where the names of the members so far stand, without quotes.
        var names: [Range<Int>] = []
        /// Whether each name, plain ASCII, came behind the one before it: then none occurs twice.
        var isSorted = true
    }

    /// - Returns: what is wrong, if something is.
    static func fault(_ bytes: UnsafeRawBufferPointer) -> String? {
        let end = bytes.last == UInt8(ascii: "\n") ? bytes.count - 1 : bytes.count
        var containers: [Container] = [], index = 0
        while index < end {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                guard let text = text(from: index + 1, to: end, bytes) else {
                    return "it holds a character that is not allowed in it"
                }
                index = text.range.upperBound
                if index + 1 < end, bytes[index + 1] == UInt8(ascii: ":"), !containers.isEmpty {
                    add(text, to: &containers[containers.count - 1], bytes)
                }
            case UInt8(ascii: "{"), UInt8(ascii: "["): containers.append(Container())
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if let name = containers.popLast().flatMap({ repeated($0, bytes) }) {
                    return "member \"\(name)\" occurs twice"
                }
            case UInt8(ascii: "e"):
                if index > 0, isDigit(bytes[index - 1]) { return "it holds a number that is not an integer" }
            case UInt8(ascii: "."), UInt8(ascii: "E"): return "it holds a number that is not an integer"
            case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                break
            default: return "it is not compact JSON in UTF-8"
            }
            index += 1
        }
        return nil
    }

    /// A text up to its closing quote; `isPlain` when it is ASCII without escapes. Nil for one with NUL, which other
    /// programs would take for its end.
    private static func text(
        from start: Int, to end: Int, _ bytes: UnsafeRawBufferPointer
    ) -> (range: Range<Int>, isPlain: Bool)? {
        var index = start, isPlain = true
        while index < end, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] < 0x20 { return nil }
            if bytes[index] >= 0x80 { isPlain = false }
            if bytes[index] == UInt8(ascii: "\\") {
                isPlain = false
                index += 1
                if bytes[index..<min(index + 5, end)].elementsEqual("u0000".utf8) { return nil }
            }
            index += 1
        }
        return (start..<min(index, end), isPlain)
    }

    private static func add(
        _ text: (range: Range<Int>, isPlain: Bool), to container: inout Container, _ bytes: UnsafeRawBufferPointer
    ) {
        if !text.isPlain {
            container.isSorted = false
        } else if container.isSorted, let last = container.names.last {
            container.isSorted = bytes[last].lexicographicallyPrecedes(bytes[text.range])
        }
        container.names.append(text.range)
    }

    /// A name that a container has twice, however it is spelled.
    private static func repeated(_ container: Container, _ bytes: UnsafeRawBufferPointer) -> String? {
        if container.isSorted { return nil }
        var seen: Set<String> = []
        for range in container.names {
            let raw = String(decoding: bytes[range], as: UTF8.self)
            // The decoder has read this text before; should it fail now, the raw one is as good.
            let name =
                raw.contains("\\")
                ? (try? JSONDecoder().decode(String.self, from: Data("\"\(raw)\"".utf8))) ?? raw : raw
            if !seen.insert(name).inserted { return name }
        }
        return nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
