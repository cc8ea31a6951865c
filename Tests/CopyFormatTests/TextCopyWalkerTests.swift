import CopyFormat
import Testing

@Suite struct TextCopyWalkerTests {
    @Test(arguments: 1...20) func `lines come out whole however the stream is cut`(size: Int) throws {
        #expect(try Streams.linesFound(in: Streams.cut(Streams.text, every: size)) == Streams.lines)
    }

    @Test func `a last line without its end is truncated`() {
        #expect(throws: CopyFault.truncated(afterRows: 3)) {
            try Streams.linesFound(in: [Array(Streams.text.dropLast())])
        }
    }

    @Test func `an empty stream has no rows`() throws {
        #expect(try Streams.linesFound(in: [[], []]).isEmpty)
    }

    private func lines(_ text: String, _ columns: Int, every size: Int) throws -> Int {
        try Streams.linesFound(in: Streams.cut(Array(text.utf8), every: size), columns: columns).count
    }

    @Test(arguments: [1, 2, 3, 1000]) func `each row must have a field for each column`(size: Int) throws {
        // A tab inside a value is escaped; an empty value, and NULL, are fields.
        #expect(try lines("a\\tb\t\\N\t\n\t\t\n1\t2\t3\n", 3, every: size) == 3)
        #expect(try lines("\n\n", 0, every: size) == 2 && lines("\nx\n", 1, every: size) == 2)
        #expect(throws: CopyFault.unequalFieldCount(row: 2, 2, expected: 3)) {
            try lines("1\t2\t3\n1\t2\n", 3, every: size)
        }
        #expect(throws: CopyFault.unequalFieldCount(row: 1, 4, expected: 3)) {
            try lines("1\t2\t3\t4\n", 3, every: size)
        }
        #expect(throws: CopyFault.unequalFieldCount(row: 1, 1, expected: 0)) { try lines("x\n", 0, every: size) }
    }

    @Test func `a digester holds the rows of every stream to the number of columns`() throws {
        var digester = try StreamDigester(.text, columns: 2, key: Streams.key(Streams.keyBytes))
        for _ in 0..<2 {
            try Array("1\t2\n".utf8).withUnsafeBytes { try digester.feed($0) }
            try digester.finishStream()
        }
        #expect(digester.digest.rows == 2)
        #expect(throws: CopyFault.unequalFieldCount(row: 1, 1, expected: 2)) {
            try Array("1\n".utf8).withUnsafeBytes { try digester.feed($0) }
        }
    }
}
