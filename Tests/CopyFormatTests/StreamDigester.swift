import CopyFormat

/// Walks over COPY streams of one table and digests their rows, in either form.
struct StreamDigester: ~Copyable {
    private let encoding: CopyEncoding
    private var binary = BinaryCopyWalker()
    private var text = TextCopyWalker()
    private var digester: ContentDigester

    init(_ encoding: CopyEncoding, key: DigestKey) throws(CopyFault) {
        self.encoding = encoding
        digester = try ContentDigester(key: key)
    }

    /// The digest of the complete rows of all streams so far.
    var digest: ContentDigest { digester.digest }

    /// Takes the next piece of the current stream; it may be cut anywhere.
    mutating func feed(_ piece: UnsafeRawBufferPointer) throws(CopyFault) {
        switch encoding {
        case .binary: try binary.feed(piece, into: &digester)
        case .text: try text.feed(piece, into: &digester)
        }
    }

    /// Checks that the current stream is complete, and gets ready for the next one.
    mutating func finishStream() throws(CopyFault) {
        switch encoding {
        case .binary:
            try binary.finish()
            binary = BinaryCopyWalker()
        case .text:
            try text.finish()
            text = TextCopyWalker()
        }
    }
}
