import CopyFormat
import Postgres
import Repository
import Synchronization
import TableRanges

/// Reads ranges on one connection into one chunk writer: the pipeline of one backup thread.
struct RangeCopier: ~Copyable {
    private let connection: Connection
    private var writer: ChunkWriter
    private var digester: ContentDigester
    private let digestKey: DigestKey

    init(connection: Connection, writer: consuming ChunkWriter, digestKey: DigestKey) throws {
        digester = try ContentDigester(key: digestKey)
        self.connection = connection
        self.writer = writer
        self.digestKey = digestKey
    }

    /// Stores a stream that is no table's data, such as the schema.
    mutating func store(_ bytes: [UInt8]) throws -> [ChunkName] {
        try bytes.withUnsafeBytes { try writer.append($0) }
        return try writer.endStream()
    }

    /// Gives everything that was written its name.
    mutating func finish() throws { try writer.finish() }

    /// After a failure: gives what was written whole its name all the same, so that the next run can use it.
    mutating func keepWritten() {
        writer.abandonStream()
        do { try writer.finish() } catch {
            // They stay temporary, and are written again. What counts is the failure before this one.
        }
    }

    /// Reads one range. The server sends one row per message, so rows need not be looked for; each is still checked
    /// to have the table's columns before its hash counts.
    mutating func copy(_ range: RangeQueue.Range, progress: BackupProgress) throws -> RangeQueue.Outcome {
        digester = try ContentDigester(key: digestKey)
        var bytes = 0, headerIsDue = range.isBinary
        let columns = range.columns
        do {
            let sent = try connection.copyOut(range.statement) { message in
                try writer.append(message)
                bytes += message.count
                var row = message
                if headerIsDue {
                    row = try RangeCopier.withoutHeader(message, range)
                    headerIsDue = false
                    if row.isEmpty { return }
                }
                if range.isBinary {
                    guard row.count >= 2 else { throw BackupFault.rowOfWrongShape(table: range.name) }
                    let count = Int(Int16(bitPattern: UInt16(row[0]) << 8 | UInt16(row[1])))
                    // The trailer.
                    if count == -1 && row.count == 2 { return }
                    guard count == columns else { throw BackupFault.rowOfWrongShape(table: range.name) }
                    digester.row(row)
                } else {
                    guard row.last == UInt8(ascii: "\n") else { throw BackupFault.rowOfWrongShape(table: range.name) }
                    digester.row(UnsafeRawBufferPointer(rebasing: row[..<(row.count - 1)]))
                }
            }
            guard sent.rows == digester.digest.rows else {
                throw BackupFault.rowsMissing(table: range.name, sent: sent.rows, read: digester.digest.rows)
            }
        } catch {
            writer.abandonStream()
            throw error
        }
        progress.bytes.add(bytes, ordering: .relaxed)
        let digest = digester.digest
        guard digest.rows > 0 else {
            writer.abandonStream()
            return RangeQueue.Outcome()
        }
        progress.rows.add(Int(digest.rows), ordering: .relaxed)
        return RangeQueue.Outcome(chunks: try writer.endStream(), digest: digest, bytes: bytes)
    }

    /// The rest of the first message behind the header of the binary format (19 bytes and an extension).
    private static func withoutHeader(
        _ message: UnsafeRawBufferPointer, _ range: RangeQueue.Range
    ) throws -> UnsafeRawBufferPointer {
        guard message.count >= BinaryCopyWalker.headerLength, message.starts(with: "PGCOPY\n".utf8) else {
            throw BackupFault.rowOfWrongShape(table: range.name)
        }
        let extensionLength = message[15..<19].reduce(0) { $0 << 8 | Int($1) }
        guard message.count >= BinaryCopyWalker.headerLength + extensionLength else {
            throw BackupFault.rowOfWrongShape(table: range.name)
        }
        return UnsafeRawBufferPointer(rebasing: message[(BinaryCopyWalker.headerLength + extensionLength)...])
    }
}
