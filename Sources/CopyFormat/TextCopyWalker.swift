import Glibc

/// Finds the rows in a text COPY stream that arrives in pieces cut anywhere.
///
/// Every row is one line ended by LF; line ends inside values are escaped by the server. A row's span is the line
/// without its LF.
package struct TextCopyWalker: Sendable {
    private var rowIsCut = false
    private let columns: Int?
    /// Of the current row, and whether it has any byte.
    private var tabs = 0
    private var isEmpty = true
    /// Complete rows so far.
    package private(set) var rows: UInt64 = 0

    /// - Parameter columns: the number of fields that every row must have; nil takes rows as they come.
    package init(columns: Int? = nil) { self.columns = columns }

    /// Walks over the next piece of the stream and gives the rows in it to `sink`.
    package mutating func feed<Sink: RowSink & ~Copyable>(
        _ piece: UnsafeRawBufferPointer, into sink: inout Sink
    ) throws(CopyFault) {
        guard let base = piece.baseAddress else { return }
        var at = 0
        while at < piece.count {
            guard let found = memchr(base + at, 0x0a, piece.count - at) else {
                rowIsCut = true
                let part = UnsafeRawBufferPointer(rebasing: piece[at...])
                if columns != nil { count(part) }
                return try sink.part(part, ends: false)
            }
            let end = UnsafeRawPointer(found) - base
            let line = UnsafeRawBufferPointer(rebasing: piece[at..<end])
            if let columns { try endRow(line, columns) }
            rows += 1
            if rowIsCut { try sink.part(line, ends: true) } else { try sink.row(line) }
            rowIsCut = false
            at = end + 1
        }
    }

    /// Counts what separates fields; inside values it is escaped by the server.
    private mutating func count(_ part: UnsafeRawBufferPointer) {
        guard let base = part.baseAddress, part.count > 0 else { return }
        isEmpty = false
        var at = 0
        while at < part.count, let found = memchr(base + at, 0x09, part.count - at) {
            tabs += 1
            at = UnsafeRawPointer(found) - base + 1
        }
    }

    private mutating func endRow(_ line: UnsafeRawBufferPointer, _ columns: Int) throws(CopyFault) {
        count(line)
        // A row of a table without columns is an empty line, too.
        let fields = isEmpty && columns == 0 ? 0 : tabs + 1
        guard fields == columns else { throw .unequalFieldCount(row: rows + 1, fields, expected: columns) }
        (tabs, isEmpty) = (0, true)
    }

    /// Checks that the stream is complete.
    package func finish() throws(CopyFault) {
        if rowIsCut { throw .truncated(afterRows: rows) }
    }
}
