import Testing

@testable import Instance

/// What a container's file is taken from.
@Suite struct SingleFileArchiveTests {
    private let words = Array("words".utf8)
    private let end = [UInt8](repeating: 0, count: 1024)

    /// A header and its content, filled up to whole blocks.
    private func entry(_ content: [UInt8], kind: Unicode.Scalar = "0", size: Int? = nil) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        let place = { (text: String, offset: Int) in
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        let octal = { (number: Int, digits: Int) in
            let text = String(number, radix: 8)
            return String(repeating: "0", count: digits - text.utf8.count) + text
        }
        place("file", 0)
        place(octal(size ?? content.count, 11), 124)
        place("        ", 148)
        header[156] = UInt8(ascii: kind)
        place("ustar", 257)
        let sum = header.reduce(0) { $0 + Int($1) }
        place(octal(sum, 6) + "\0", 148)
        let filling = (512 - content.count % 512) % 512
        return Array([header, content, [UInt8](repeating: 0, count: filling)].joined())
    }

    private func read(_ parts: [UInt8]..., limit: Int = 100) -> SingleFileArchive? {
        SingleFileArchive(Array(parts.joined()), limit: limit)
    }

    @Test func `the only file of an archive is taken, whatever is said about it before`() {
        let whole = SingleFileArchive.file(words),
            more = ["g", "x", "L", "K"].map { (kind: Unicode.Scalar) in entry(words, kind: kind) }
        #expect(read(entry(words), end) == whole)
        #expect(read(entry([]), end) == .file([]))
        #expect(read(entry(words)) == whole)
        #expect(read(entry(words), limit: 5) == whole)
        #expect(read(entry(words, kind: "\0"), end, end) == whole)
        #expect(read(Array(more.joined()), entry(words), end) == whole)
        #expect(read(Array(more.joined()), entry([], kind: "2"), end) == .link)
        // What fills up a block is the file's where that is longer.
        let filled = SingleFileArchive.file(words + [UInt8](repeating: 0, count: 508))
        #expect(read(entry(words, size: 513), end, limit: 1 << 20) == filled)
    }

    @Test func `whatever is not one whole file is refused`() {
        #expect(read([]) == nil)
        #expect(read(end) == nil)
        #expect(read(words) == nil)
        #expect(read(entry(words, kind: "x"), end) == nil)
        #expect(read(entry(words), entry(words), end) == nil)
        #expect(read(entry(words), entry([], kind: "2"), end) == nil)
        // Hard links, devices, folders, pipes, files with holes.
        for kind: Unicode.Scalar in ["1", "3", "4", "5", "6", "S"] {
            #expect(read(entry([], kind: kind), end) == nil, "\(kind)")
        }
        // Too long, cut off, with more behind it.
        #expect(read(entry(words), end, limit: 4) == nil)
        #expect(read(Array(entry(words).dropLast(508))) == nil)
        #expect(read(Array(entry(words).dropLast(1))) == nil)
        #expect(read(entry(words, size: 1 << 32), end, limit: 1 << 40) == nil)
        #expect(read(entry(words), words) == nil)
        #expect(read(entry(words), end, words) == nil)
        for place in [0, 124, 150, 156, 257, 511] {
            var damaged = entry(words)
            damaged[place] ^= 1
            #expect(read(damaged, end) == nil, "\(place)")
        }
    }
}
