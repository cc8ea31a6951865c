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
