import CopyFormat
import Crypto

/// Counts what came of one column, and sums up what its values hold, so that it can be compared with what is read back.
final class ColumnTally {
    var column: RekeyedColumn
    private var digester: ContentDigester

    init(_ column: RekeyedColumn, _ key: DigestKey) throws {
        self.column = column
        digester = try ContentDigester(key: key)
    }

    /// What the opened values hold.
    var content: ContentDigest { digester.digest }

    /// - Parameter row: its id; nil where the table has none.
    func add(_ content: UnsafeRawBufferPointer, of row: UnsafeRawBufferPointer?) {
        if let row { digester.part(row, ends: false) }
        digester.part(content, ends: true)
    }

    /// A key that the contents are hashed with, made anew for each run.
    static func key() throws -> DigestKey {
        try Random.bytes(count: DigestKey.length).withUnsafeBytes { try DigestKey(copying: $0) }
    }
}
