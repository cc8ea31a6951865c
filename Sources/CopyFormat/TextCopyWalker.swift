import Glibc

/// Finds the rows in a text COPY stream that arrives in pieces cut anywhere.
///
/// Every row is one line ended by LF; line ends inside values are escaped by the server. A row's span is the line
/// without its LF.
package struct TextCopyWalker: Sendable {
    private var rowIsCut = false
    /// Complete rows so far.
    package private(set) var rows: UInt64 = 0

    package init() {}

    /// Walks over the next piece of the stream and gives the rows in it to `sink`.
    package mutating func feed<Sink: RowSink & ~Copyable>(
        _ piece: UnsafeRawBufferPointer, into sink: inout Sink
    ) throws(CopyFault) {
        guard let base = piece.baseAddress else { return }
        var at = 0
        while at < piece.count {
            guard let found = memchr(base + at, 0x0a, piece.count - at) else {
                rowIsCut = true
                return try sink.part(UnsafeRawBufferPointer(rebasing: piece[at...]), ends: false)
            }
            let end = UnsafeRawPointer(found) - base
            let line = UnsafeRawBufferPointer(rebasing: piece[at..<end])
            rows += 1
            if rowIsCut { try sink.part(line, ends: true) } else { try sink.row(line) }
            rowIsCut = false
            at = end + 1
        }
    }

    /// Checks that the stream is complete.
    package func finish() throws(CopyFault) {
        if rowIsCut { throw .truncated(afterRows: rows) }
    }
}
