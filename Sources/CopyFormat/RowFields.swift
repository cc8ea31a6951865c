import Glibc

/// The fields of one row of a COPY stream, found in one pass and read where they lie.
///
/// One value serves all rows of a table. It keeps positions, and room for the values of the text format that have
/// escapes; once it has grown to the longest row, reading allocates nothing.
///
/// The text format (PostgreSQL documentation, "COPY", "Text Format"): fields are separated by tabs; `\N` alone is NULL;
/// a backslash before one of `bfnrtv` stands for that control character, before one to three octal digits or `x` and one
/// or two hexadecimal digits for the byte of that number, and before anything else for itself.
package struct RowFields: ~Copyable {
    /// Where a field lies: in the row, or behind its escapes in `unescaped`. A length of -1 is NULL.
    private struct Span {
        var offset: Int
        var length: Int
        var isUnescaped = false
    }

    private let encoding: CopyEncoding
    private let columns: Int
    /// Where in a row each field lies that is asked for.
    private let places: [Int]
    package var isBinary: Bool { encoding == .binary }
    private let spans: UnsafeMutablePointer<Span>
    private var unescaped = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var row = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Rows that were read.
    package private(set) var rows: UInt64 = 0

    /// - Parameters:
    ///   - columns: of the table, at least 1; a row of another number is damage.
    ///   - places: which fields are read, from 0, in the order in which the reader counts them; nil for all.
    package init(_ encoding: CopyEncoding, columns: Int, places: [Int]? = nil) {
        self.encoding = encoding
        self.columns = columns
        self.places = places ?? Array(0..<columns)
        precondition(self.places.allSatisfy { $0 >= 0 && $0 < columns })
        spans = .allocate(capacity: columns)
        spans.initialize(repeating: Span(offset: 0, length: -1), count: columns)
    }

    deinit {
        spans.deallocate()
        // Values of a secrets manager, although under its keys.
        if let base = unescaped.baseAddress { explicit_bzero(base, unescaped.count) }
        unescaped.deallocate()
    }

    /// Finds the fields of a row as a walker gives it: in the binary format with its field count, in the text format
    /// without its line end. What the fields are read from must stay as it is until the next call.
    package mutating func read(_ row: UnsafeRawBufferPointer) throws(CopyFault) {
        self.row = row
        switch encoding {
        case .binary: try readBinary()
        case .text: try readText()
        }
        rows += 1
    }

    /// The bytes of a field, without escapes; nil is NULL. They are valid until the next row is read.
    ///
    /// - Parameter column: from 0.
    @inline(__always)
    package func bytes(_ column: Int) -> UnsafeRawBufferPointer? {
        let span = spans[places[column]]
        if span.length < 0 { return nil }
        let whole = span.isUnescaped ? UnsafeRawBufferPointer(unescaped) : row
        return UnsafeRawBufferPointer(rebasing: whole[span.offset..<(span.offset + span.length)])
    }

    private mutating func readBinary() throws(CopyFault) {
        let end = row.count
        guard end >= 2 else { throw .truncated(afterRows: rows) }
        let count = Int(Int16(bigEndian: row.loadUnaligned(as: Int16.self)))
        guard count == columns else { throw .unequalFieldCount(row: rows + 1, count, expected: columns) }
        var at = 2
        for column in 0..<columns {
            guard end - at >= 4 else { throw .truncated(afterRows: rows) }
            let length = Int32(bigEndian: row.loadUnaligned(fromByteOffset: at, as: Int32.self))
            guard length >= -1 else { throw .badFieldLength(row: rows + 1, length) }
            at += 4
            guard end - at >= Int(length) else { throw .truncated(afterRows: rows) }
            spans[column] = Span(offset: at, length: Int(length))
            at += max(0, Int(length))
        }
        guard at == end else { throw .badFieldLength(row: rows + 1, Int32(clamping: end - at)) }
    }

    private mutating func readText() throws(CopyFault) {
        // No value is longer without its escapes than with them.
        if row.count > unescaped.count {
            unescaped.deallocate()
            unescaped = .allocate(byteCount: max(row.count, 4096), alignment: 1)
        }
        var at = 0, column = 0, written = 0
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: row[at...])
            let length = rest.firstIndex(of: UInt8(ascii: "\t")) ?? rest.count
            guard column < columns else { throw tooManyFields() }
            let field = UnsafeRawBufferPointer(rebasing: rest[..<length])
            if length == 2, field[0] == UInt8(ascii: "\\"), field[1] == UInt8(ascii: "N") {
                spans[column] = Span(offset: 0, length: -1)
            } else if let base = field.baseAddress, memchr(base, Int32(UInt8(ascii: "\\")), length) != nil {
                let size = Self.unescape(field, into: UnsafeMutableRawBufferPointer(rebasing: unescaped[written...]))
                spans[column] = Span(offset: written, length: size, isUnescaped: true)
                written += size
            } else {
                spans[column] = Span(offset: at, length: length)
            }
            column += 1
            at += length
            if at == row.count { break }
            at += 1
        }
        guard column == columns else { throw .unequalFieldCount(row: rows + 1, column, expected: columns) }
    }

    private func tooManyFields() -> CopyFault {
        .unequalFieldCount(row: rows + 1, row.lazy.filter { $0 == UInt8(ascii: "\t") }.count + 1, expected: columns)
    }

    /// - Returns: the number of bytes written.
    private static func unescape(_ field: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) -> Int {
        var at = 0, size = 0
        while at < field.count {
            var byte = field[at]
            at += 1
            if byte == UInt8(ascii: "\\"), at < field.count {
                byte = field[at]
                at += 1
                switch byte {
                case UInt8(ascii: "b"): byte = 0x08
                case UInt8(ascii: "f"): byte = 0x0c
                case UInt8(ascii: "n"): byte = 0x0a
                case UInt8(ascii: "r"): byte = 0x0d
                case UInt8(ascii: "t"): byte = 0x09
                case UInt8(ascii: "v"): byte = 0x0b
                case UInt8(ascii: "x"):
                    if let number = digits(of: field, at: &at, base: 16, most: 2) { byte = number }
                case UInt8(ascii: "0")...UInt8(ascii: "7"):
                    at -= 1
                    byte = digits(of: field, at: &at, base: 8, most: 3) ?? byte
                default: break
                }
            }
            room[size] = byte
            size += 1
        }
        return size
    }

    /// The byte that up to `most` digits stand for; nil where there is none.
    private static func digits(of field: UnsafeRawBufferPointer, at: inout Int, base: Int, most: Int) -> UInt8? {
        var number = 0, count = 0
        while count < most, at < field.count, let digit = Character(UnicodeScalar(field[at])).hexDigitValue,
            digit < base
        {
            number = number * base + digit
            at += 1
            count += 1
        }
        return count == 0 ? nil : UInt8(truncatingIfNeeded: number)
    }
}
