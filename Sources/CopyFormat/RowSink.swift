/// Receives the rows that a walker finds in a COPY stream.
///
/// A row arrives either whole, through `row`, or, when the pieces that the walker was fed cut it, in parts: one call of
/// `part` for each piece, the last with `ends` true. Parts are never copied together by the walker, so a row may be
/// larger than memory. The bytes are valid during the call only.
package protocol RowSink: ~Copyable {
    /// One whole row.
    mutating func row(_ bytes: UnsafeRawBufferPointer) throws(CopyFault)
    /// The next part of a row that was cut.
    mutating func part(_ bytes: UnsafeRawBufferPointer, ends: Bool) throws(CopyFault)
}

/// Puts cut rows together in one reused buffer and hands whole rows to a closure.
package struct RowAssembler: ~Copyable, RowSink {
    private var carry: [UInt8] = []
    private let limit: Int
    private var rows: UInt64 = 0
    private let body: (UnsafeRawBufferPointer) throws(CopyFault) -> Void

    /// - Parameter limit: the size in bytes above which a cut row is refused.
    package init(limit: Int, _ body: @escaping (UnsafeRawBufferPointer) throws(CopyFault) -> Void) {
        self.limit = limit
        self.body = body
    }

    package mutating func row(_ bytes: UnsafeRawBufferPointer) throws(CopyFault) {
        rows += 1
        try body(bytes)
    }

    package mutating func part(_ bytes: UnsafeRawBufferPointer, ends: Bool) throws(CopyFault) {
        guard carry.count + bytes.count <= limit else { throw .rowTooLarge(row: rows + 1, limit: limit) }
        carry.append(contentsOf: bytes)
        guard ends else { return }
        rows += 1
        try carry.lendingBytes(body)
        carry.removeAll(keepingCapacity: true)
    }
}

extension [UInt8] {
    /// `withUnsafeBytes` for a body that throws this target's fault.
    func lendingBytes(_ body: (UnsafeRawBufferPointer) throws(CopyFault) -> Void) throws(CopyFault) {
        try withUnsafeBytes { bytes in Result { () throws(CopyFault) in try body(bytes) } }.get()
    }
}
