package import CopyFormat

/// Takes a COPY stream in pieces cut anywhere, and hands its rows on with their fields found.
///
/// One value serves all streams of a table; once its buffers have grown to the longest row, a row costs no allocation.
package struct RowStream: ~Copyable {
    /// Rows above this size are refused: the largest value that PostgreSQL can hold is 1 GiB.
    package static let longestRow = 2 << 30

    private var walker: CopyWalker
    private var sink: FieldSink

    /// - Parameters:
    ///   - columns: number of the stream's columns.
    ///   - places: where in a row each column lies that the body reads.
    package init(
        _ encoding: CopyEncoding, columns: Int, places: [Int],
        _ body: @escaping (borrowing RowFields) throws(CopyFault) -> Void
    ) {
        // The fields hold each row to the number of columns.
        walker = CopyWalker(encoding)
        sink = FieldSink(fields: RowFields(encoding, columns: columns, places: places), body: body)
    }

    package mutating func feed(_ piece: UnsafeRawBufferPointer) throws(CopyFault) {
        try walker.feed(piece, into: &sink)
    }

    /// Checks that the current stream is complete, and gets ready for the next one.
    package mutating func finishStream() throws(CopyFault) { try walker.finishStream() }
}

/// Finds the fields of each row; a row that was cut is put together first.
private struct FieldSink: ~Copyable, RowSink {
    var fields: RowFields
    let body: (borrowing RowFields) throws(CopyFault) -> Void
    var carry: [UInt8] = []
    var rows: UInt64 = 0

    init(fields: consuming RowFields, body: @escaping (borrowing RowFields) throws(CopyFault) -> Void) {
        self.fields = fields
        self.body = body
    }

    mutating func row(_ bytes: UnsafeRawBufferPointer) throws(CopyFault) {
        rows += 1
        try fields.read(bytes)
        try body(fields)
    }

    mutating func part(_ bytes: UnsafeRawBufferPointer, ends: Bool) throws(CopyFault) {
        guard carry.count + bytes.count <= RowStream.longestRow else {
            throw .rowTooLarge(row: rows + 1, limit: RowStream.longestRow)
        }
        carry.append(contentsOf: bytes)
        guard ends else { return }
        // Out of the way, so that it is not changed while its bytes are lent.
        var whole = carry
        carry = []
        let result = whole.withUnsafeBytes { whole in
            Result { () throws(CopyFault) in try row(whole) }
        }
        whole.removeAll(keepingCapacity: true)
        carry = whole
        try result.get()
    }
}
