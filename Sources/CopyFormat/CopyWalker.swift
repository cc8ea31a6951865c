/// Finds the rows in COPY streams of one table, in the format that they have; one after another, each cut anywhere.
package struct CopyWalker: Sendable {
    private let encoding: CopyEncoding
    private let columns: Int?
    private var binary: BinaryCopyWalker
    private var text: TextCopyWalker

    /// - Parameter columns: the number of fields that every row must have; nil takes that of the first in the binary format,
    ///   and rows as they come in the text format.
    package init(_ encoding: CopyEncoding, columns: Int? = nil) {
        self.encoding = encoding
        self.columns = columns
        binary = BinaryCopyWalker(columns: columns)
        text = TextCopyWalker(columns: columns)
    }

    /// Walks over the next piece of the current stream and gives the rows in it to `sink`.
    package mutating func feed<Sink: RowSink & ~Copyable>(
        _ piece: UnsafeRawBufferPointer, into sink: inout Sink
    ) throws(CopyFault) {
        switch encoding {
        case .binary: try binary.feed(piece, into: &sink)
        case .text: try text.feed(piece, into: &sink)
        }
    }

    /// Checks that the current stream is complete, and gets ready for the next one.
    package mutating func finishStream() throws(CopyFault) {
        switch encoding {
        case .binary: try binary.finish()
        case .text: try text.finish()
        }
        self = CopyWalker(encoding, columns: columns)
    }
}
