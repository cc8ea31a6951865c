/// Walks over COPY streams of one table and digests their rows: what backup, restore and proof run over every byte.
package struct StreamDigester: ~Copyable {
    private let encoding: CopyEncoding
    private let columns: Int?
    private var binary: BinaryCopyWalker
    private var text: TextCopyWalker
    private var digester: ContentDigester

    /// - Parameter columns: the number of fields that every row must have; nil takes that of the first in the binary format,
    ///   and rows as they come in the text format.
    package init(_ encoding: CopyEncoding, columns: Int? = nil, key: DigestKey) throws(CopyFault) {
        self.encoding = encoding
        self.columns = columns
        binary = BinaryCopyWalker(columns: columns)
        text = TextCopyWalker(columns: columns)
        digester = try ContentDigester(key: key)
    }

    /// The digest of the complete rows of all streams so far.
    package var digest: ContentDigest { digester.digest }

    /// Takes the next piece of the current stream; it may be cut anywhere.
    package mutating func feed(_ piece: UnsafeRawBufferPointer) throws(CopyFault) {
        switch encoding {
        case .binary: try binary.feed(piece, into: &digester)
        case .text: try text.feed(piece, into: &digester)
        }
    }

    /// Checks that the current stream is complete, and gets ready for the next one.
    package mutating func finishStream() throws(CopyFault) {
        switch encoding {
        case .binary:
            try binary.finish()
            binary = BinaryCopyWalker(columns: columns)
        case .text:
            try text.finish()
            text = TextCopyWalker(columns: columns)
        }
    }
}
