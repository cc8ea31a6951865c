import CopyFormat

/// Puts cut rows together in one reused buffer and hands whole rows to a closure.
struct RowAssembler: ~Copyable, RowSink {
    private var carry: [UInt8] = []
    private let limit: Int
    private var rows: UInt64 = 0
    private let body: (UnsafeRawBufferPointer) throws(CopyFault) -> Void

    /// - Parameter limit: the size in bytes above which a cut row is refused.
    init(limit: Int, _ body: @escaping (UnsafeRawBufferPointer) throws(CopyFault) -> Void) {
        self.limit = limit
        self.body = body
    }

    mutating func row(_ bytes: UnsafeRawBufferPointer) throws(CopyFault) {
        rows += 1
        try body(bytes)
    }

    mutating func part(_ bytes: UnsafeRawBufferPointer, ends: Bool) throws(CopyFault) {
        guard carry.count + bytes.count <= limit else { throw .rowTooLarge(row: rows + 1, limit: limit) }
        carry.append(contentsOf: bytes)
        guard ends else { return }
        rows += 1
        try carry.withUnsafeBytes { bytes in Result { () throws(CopyFault) in try body(bytes) } }.get()
        carry.removeAll(keepingCapacity: true)
    }
}
