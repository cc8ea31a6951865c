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
        return header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    private func read(_ archive: [UInt8], limit: Int = 100) -> SingleFileArchive? {
        SingleFileArchive(archive, limit: limit)
    }

    @Test func `the only file of an archive is taken, whatever is said about it before`() {
        #expect(read(entry(words) + end) == .file(words) && read(entry([]) + end) == .file([]))
        #expect(read(entry(words)) == .file(words) && read(entry(words), limit: 5) == .file(words))
        #expect(read(entry(words, kind: "\0") + end + end) == .file(words))
        let more = entry(words, kind: "g") + entry(words, kind: "x") + entry(words, kind: "L")
        #expect(read(more + entry(words) + end) == .file(words))
        #expect(read(more + entry([], kind: "2") + end) == .link)
    }

    @Test func `whatever is not one whole file is refused`() {
        #expect(read([]) == nil && read(end) == nil && read(words) == nil && read(entry(words, kind: "x") + end) == nil)
        // Several, a folder, a device, a hard link.
        #expect(read(entry(words) + entry(words) + end) == nil && read(entry(words) + entry([], kind: "2")) == nil)
        for kind: Unicode.Scalar in ["1", "3", "4", "5", "6", "S"] { #expect(read(entry([], kind: kind) + end) == nil) }
        // Too long, cut off, longer than it says.
        #expect(read(entry(words) + end, limit: 4) == nil)
        #expect(read(Array((entry(words)).dropLast(508))) == nil && read(Array(entry(words).dropLast())) == nil)
        #expect(read(entry(words, size: 513) + end, limit: 1 << 20) == .file(words + [UInt8](repeating: 0, count: 508)))
        #expect(read(entry(words, size: 1 << 32), limit: 1 << 40) == nil)
        #expect(read(entry(words) + words) == nil && read(entry(words) + end + words) == nil)
        // A header that was changed on its way.
        for place in [0, 124, 150, 156, 257, 511] {
            var damaged = entry(words) + end
            damaged[place] ^= 1
            #expect(read(damaged) == nil, "\(place)")
        }
    }
}
