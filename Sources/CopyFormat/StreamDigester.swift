/// Walks over COPY streams of one table and digests their rows: what backup, restore and proof run over every byte.
package struct StreamDigester: ~Copyable {
    private var walker: CopyWalker
    private var digester: ContentDigester

    /// - Parameter columns: the number of fields that every row must have; nil takes that of the first in the binary format,
    ///   and rows as they come in the text format.
    package init(_ encoding: CopyEncoding, columns: Int? = nil, key: DigestKey) throws(CopyFault) {
        walker = CopyWalker(encoding, columns: columns)
        digester = try ContentDigester(key: key)
    }

    /// The digest of the complete rows of all streams so far.
    package var digest: ContentDigest { digester.digest }

    /// Takes the next piece of the current stream; it may be cut anywhere.
    package mutating func feed(_ piece: UnsafeRawBufferPointer) throws(CopyFault) {
        try walker.feed(piece, into: &digester)
    }

    /// Checks that the current stream is complete, and gets ready for the next one.
    package mutating func finishStream() throws(CopyFault) { try walker.finishStream() }
}
