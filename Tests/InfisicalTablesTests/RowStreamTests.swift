import CopyFormat
import InfisicalTables
import Testing

@Suite("Rows of a stream that arrives in pieces")
struct RowStreamTests {
    private static func rows(
        _ bytes: [UInt8], _ encoding: CopyEncoding, columns: Int, places: [Int], pieces: Int
    ) throws -> [[String?]] {
        var found: [[String?]] = []
        var stream = RowStream(encoding, columns: columns, places: places) { (row) throws(CopyFault) in
            var fields: [String?] = []
            for at in places.indices { fields.append(try row.text(at)) }
            found.append(fields)
        }
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            let piece = Array(bytes[start..<min(bytes.count, start + pieces)])
            let result = piece.withUnsafeBytes { piece in
                Result { () throws(CopyFault) in try stream.feed(piece) }
            }
            try result.get()
        }
        try stream.finishStream()
        return found
    }

    private static let text = Array("a\t1\\tx\t\\N\nb\t\t2\nc\\\\\tlong value\t3\n".utf8)
    private static let expected: [[String?]] = [[nil, "a"], ["2", "b"], ["3", "c\\"]]

    @Test(arguments: [1, 2, 3, 5, 7, 100]) func `the columns that were asked for come in that order`(pieces: Int) throws
    {
        #expect(try Self.rows(Self.text, .text, columns: 3, places: [2, 0], pieces: pieces) == Self.expected)
    }

    private static let binary: [UInt8] = {
        var bytes: [UInt8] = [0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00]
        bytes += [UInt8](repeating: 0, count: 8)
        func field(_ text: String?) -> [UInt8] {
            guard let text else { return [0xff, 0xff, 0xff, 0xff] }
            return [0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8)
        }
        for row: [String?] in [["a", "1\tx", nil], ["b", "", "2"], ["c\\", "long value", "3"]] {
            bytes += [0, 3] + row.flatMap(field)
        }
        return bytes + [0xff, 0xff]
    }()

    @Test(arguments: [1, 2, 3, 5, 7, 100]) func `the binary format gives the same`(pieces: Int) throws {
        #expect(try Self.rows(Self.binary, .binary, columns: 3, places: [2, 0], pieces: pieces) == Self.expected)
    }

    @Test func `a stream that ends within a row is damage`() {
        #expect(throws: CopyFault.self) {
            try Self.rows(Array(Self.text.dropLast(3)), .text, columns: 3, places: [0], pieces: 4)
        }
        #expect(throws: CopyFault.self) {
            try Self.rows(Array(Self.binary.dropLast(3)), .binary, columns: 3, places: [0], pieces: 4)
        }
    }

    @Test func `a row of another number of columns is damage`() {
        #expect(throws: CopyFault.self) { try Self.rows(Self.text, .text, columns: 4, places: [0], pieces: 9) }
        #expect(throws: CopyFault.self) { try Self.rows(Self.binary, .binary, columns: 2, places: [0], pieces: 9) }
    }
}
