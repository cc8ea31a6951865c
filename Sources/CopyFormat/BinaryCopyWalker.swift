/// Finds the rows in a binary COPY stream that arrives in pieces cut anywhere.
///
/// The format (PostgreSQL documentation, "COPY", "Binary Format"): an 11-byte signature, 4 bytes of flags, the length of
/// a header extension and the extension itself; then per row a 2-byte field count and for each field a 4-byte length
/// (-1 for NULL) and its bytes; then the field count -1 as the trailer. All integers are big-endian.
///
/// A row's span is its field count and its fields, exactly as they are in the stream. The walker itself holds no row:
/// what it keeps between pieces is where it stands, and an integer that was cut.
package struct BinaryCopyWalker: Sendable {
    private enum Phase {
        case header, extensionBytes, rowStart, fieldLength, fieldValue, ended
    }

    /// Signature, flags, and length of the extension.
    private static let headerLength = 19
    private static let signature: [UInt8] = [0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00]

    private var phase = Phase.header
    /// Bytes of an integer, or of the header, that the last piece ended in.
    private var held: [UInt8] = []
    /// Bytes left of the extension or of the current field.
    private var bytesLeft = 0
    private var fieldsLeft = 0
    private var fieldCount: Int?
    /// Whether the current row's beginning was already handed to the sink.
    private var rowIsCut = false
    /// Complete rows so far.
    package private(set) var rows: UInt64 = 0

    /// - Parameter columns: the number of fields that every row must have; nil takes that of the first row.
    package init(columns: Int? = nil) {
        held.reserveCapacity(Self.headerLength)
        fieldCount = columns
    }

    /// Walks over the next piece of the stream and gives the rows in it to `sink`.
    package mutating func feed<Sink: RowSink & ~Copyable>(
        _ piece: UnsafeRawBufferPointer, into sink: inout Sink
    ) throws(CopyFault) {
        var at = 0
        // Where the bytes of the current row that the sink has not seen begin in this piece.
        var rowBegin = 0
        while true {
            switch phase {
            case .header:
                guard take(Self.headerLength, of: piece, at: &at) else { return }
                try readHeader()
                phase = .extensionBytes
            case .extensionBytes:
                guard skip(piece, at: &at) else { return }
                phase = .rowStart
            case .rowStart:
                if held.isEmpty {
                    guard try wholeRows(of: piece, at: &at, into: &sink) else { return }
                    rowBegin = at
                }
                guard let count = try fieldCount(of: piece, at: &at, into: &sink) else { return }
                if phase == .ended { continue }
                fieldsLeft = count
                if rowIsCut { rowBegin = at }
                try endRowIfComplete(piece, from: &rowBegin, to: at, into: &sink)
            case .fieldLength:
                guard take(4, of: piece, at: &at) else { return try cut(piece, from: rowBegin, into: &sink) }
                let length = held.reduce(Int32(0)) { $0 << 8 | Int32($1) }
                held.removeAll(keepingCapacity: true)
                guard length >= -1 else { throw .badFieldLength(row: rows + 1, length) }
                bytesLeft = max(0, Int(length))
                fieldsLeft -= 1
                phase = .fieldValue
            case .fieldValue:
                guard skip(piece, at: &at) else { return try cut(piece, from: rowBegin, into: &sink) }
                try endRowIfComplete(piece, from: &rowBegin, to: at, into: &sink)
            case .ended:
                guard at == piece.count else { throw .bytesAfterTrailer }
                return
            }
        }
    }

    /// Checks that the stream is complete.
    package func finish() throws(CopyFault) {
        guard case .ended = phase else { throw .truncated(afterRows: rows) }
    }

    // MARK: - Rows that lie in one piece

    /// Hands out the rows that lie completely in the piece from `at` on. It is all that a piece made of whole rows
    /// needs, so it stays apart from the handling of cuts.
    ///
    /// - Returns: whether bytes are left: the trailer, or a row that is cut.
    @inline(__always)
    private mutating func wholeRows<Sink: RowSink & ~Copyable>(
        of piece: UnsafeRawBufferPointer, at: inout Int, into sink: inout Sink
    ) throws(CopyFault) -> Bool {
        let end = piece.count
        var position = at
        defer { at = position }
        while end - position >= 2 {
            let count = Int(Int16(bigEndian: piece.loadUnaligned(fromByteOffset: position, as: Int16.self)))
            if count < 0 { return true }
            var field = position + 2
            for _ in 0..<count {
                guard end - field >= 4 else { return true }
                let length = Int(Int32(bigEndian: piece.loadUnaligned(fromByteOffset: field, as: Int32.self)))
                guard length >= -1 else { throw .badFieldLength(row: rows + 1, Int32(truncatingIfNeeded: length)) }
                field += 4
                if length > 0 {
                    guard end - field >= length else { return true }
                    field += length
                }
            }
            if count != fieldCount { try note(fieldCount: count) }
            rows += 1
            try sink.row(UnsafeRawBufferPointer(rebasing: piece[position..<field]))
            position = field
        }
        return position < end
    }

    // MARK: - Cuts

    private mutating func readHeader() throws(CopyFault) {
        guard held.starts(with: Self.signature) else { throw .badSignature }
        let flags = held[11..<15].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard flags == 0 else { throw .unknownFlags(flags) }
        let length = held[15..<19].reduce(Int32(0)) { $0 << 8 | Int32($1) }
        guard length >= 0 else { throw .badExtensionLength(length) }
        bytesLeft = Int(length)
        held.removeAll(keepingCapacity: true)
    }

    /// Reads a field count that may be cut; nil while it is incomplete. The trailer ends the stream.
    private mutating func fieldCount<Sink: RowSink & ~Copyable>(
        of piece: UnsafeRawBufferPointer, at: inout Int, into sink: inout Sink
    ) throws(CopyFault) -> Int? {
        // Half a count is kept back: it may turn out to be half of the trailer, which belongs to no row.
        let wasCut = !held.isEmpty
        guard take(2, of: piece, at: &at) else { return nil }
        let count = Int(Int16(bitPattern: UInt16(held[0]) << 8 | UInt16(held[1])))
        defer { held.removeAll(keepingCapacity: true) }
        if count == -1 {
            phase = .ended
            return count
        }
        if count != fieldCount { try note(fieldCount: count) }
        if wasCut {
            rowIsCut = true
            // Two bytes on the stack, because the closure of an array's buffer could not borrow the sink.
            var bigEndian = UInt16(bitPattern: Int16(count)).bigEndian
            try withUnsafeBytes(of: &bigEndian) { (bytes) throws(CopyFault) in try sink.part(bytes, ends: count == 0) }
        }
        return count
    }

    private mutating func note(fieldCount count: Int) throws(CopyFault) {
        guard count >= 0 else { throw .badFieldCount(row: rows + 1, count) }
        guard let fieldCount else {
            fieldCount = count
            return
        }
        throw .unequalFieldCount(row: rows + 1, count, expected: fieldCount)
    }

    private mutating func endRowIfComplete<Sink: RowSink & ~Copyable>(
        _ piece: UnsafeRawBufferPointer, from begin: inout Int, to end: Int, into sink: inout Sink
    ) throws(CopyFault) {
        guard fieldsLeft == 0 else {
            phase = .fieldLength
            return
        }
        let bytes = UnsafeRawBufferPointer(rebasing: piece[begin..<end])
        rows += 1
        if !rowIsCut {
            try sink.row(bytes)
        } else if !bytes.isEmpty {
            try sink.part(bytes, ends: true)
        }
        begin = end
        rowIsCut = false
        phase = .rowStart
    }

    /// Hands out what the piece holds of a row that goes on in the next one.
    private mutating func cut<Sink: RowSink & ~Copyable>(
        _ piece: UnsafeRawBufferPointer, from begin: Int, into sink: inout Sink
    ) throws(CopyFault) {
        rowIsCut = true
        guard begin < piece.count else { return }
        try sink.part(UnsafeRawBufferPointer(rebasing: piece[begin...]), ends: false)
    }

    /// Collects `count` bytes in `held`; false while the piece does not have enough.
    private mutating func take(_ count: Int, of piece: UnsafeRawBufferPointer, at: inout Int) -> Bool {
        let part = min(count - held.count, piece.count - at)
        held.append(contentsOf: piece[at..<at + part])
        at += part
        return held.count == count
    }

    /// Steps over `bytesLeft` bytes; false while the piece does not have enough.
    private mutating func skip(_ piece: UnsafeRawBufferPointer, at: inout Int) -> Bool {
        let part = min(bytesLeft, piece.count - at)
        at += part
        bytesLeft -= part
        return bytesLeft == 0
    }
}
