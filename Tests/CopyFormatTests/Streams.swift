import CopyFormat

/// Builds COPY streams and keys for the tests of this target.
enum Streams {
    static let keyBytes: [UInt8] = (0..<192).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
    static func key(_ bytes: [UInt8]) throws -> DigestKey {
        try bytes.withUnsafeBytes { try DigestKey(copying: $0) }
    }

    static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0x00]
    static let trailer: [UInt8] = [0xff, 0xff]

    static func header(flags: UInt32 = 0, extensionBytes: [UInt8] = []) -> [UInt8] {
        signature + bigEndian(flags) + bigEndian(UInt32(extensionBytes.count)) + extensionBytes
    }

    /// One row; nil is NULL.
    static func row(_ fields: [[UInt8]?]) -> [UInt8] {
        var bytes = [UInt8(fields.count >> 8), UInt8(fields.count & 255)]
        for field in fields {
            bytes += bigEndian(field.map { UInt32($0.count) } ?? UInt32.max)
            bytes += field ?? []
        }
        return bytes
    }

    static func bigEndian(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }

    /// Rows with empty, NULL, short and long values, among them bytes that look like a trailer.
    static let rows: [[UInt8]] = [
        row([[1], nil, Array(repeating: 7, count: 300)]),
        row([nil, nil, nil]),
        row([[], [0xff, 0xff, 0xff], [0x0a]]),
        row([Array("PGCOPY".utf8), [], []]),
        row([Array(repeating: 0xff, count: 65), nil, [0]]),
    ]

    static let binary: [UInt8] = header(extensionBytes: [1, 2, 3, 4, 5]) + rows.flatMap { $0 } + trailer
    static let lines: [[UInt8]] = ["1\t\\N\tabc", "", "x\\ny", "é"].map { (line: String) in Array(line.utf8) }
    static let text: [UInt8] = lines.flatMap { $0 + [0x0a] }

    /// The pieces of a stream, each `size` bytes long but the last.
    static func cut(_ stream: [UInt8], every size: Int) -> [[UInt8]] {
        stride(from: 0, to: stream.count, by: size).map { Array(stream[$0..<min($0 + size, stream.count)]) }
    }

    /// The digest of a stream fed in pieces.
    static func digest(_ encoding: CopyEncoding, _ pieces: [[UInt8]]) throws -> ContentDigest {
        var digester = try StreamDigester(encoding, key: key(keyBytes))
        for piece in pieces { try piece.withUnsafeBytes { try digester.feed($0) } }
        try digester.finishStream()
        return digester.digest
    }

    /// The rows that a walker finds in a binary stream fed in pieces.
    static func rowsFound(in pieces: [[UInt8]], limit: Int = 1 << 20) throws -> [[UInt8]] {
        let found = Found()
        var assembler = RowAssembler(limit: limit) { found.rows.append(Array($0)) }
        var walker = BinaryCopyWalker()
        for piece in pieces { try piece.withUnsafeBytes { try walker.feed($0, into: &assembler) } }
        try walker.finish()
        return found.rows
    }

    static func linesFound(in pieces: [[UInt8]], columns: Int? = nil) throws -> [[UInt8]] {
        let found = Found()
        var assembler = RowAssembler(limit: 1 << 20) { found.rows.append(Array($0)) }
        var walker = TextCopyWalker(columns: columns)
        for piece in pieces { try piece.withUnsafeBytes { try walker.feed($0, into: &assembler) } }
        try walker.finish()
        return found.rows
    }

    private final class Found { var rows: [[UInt8]] = [] }
}
