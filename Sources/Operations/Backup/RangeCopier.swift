import CopyFormat
import Faults
import Postgres
import Repository
import Synchronization
import TableRanges

/// Reads ranges on one connection into one chunk writer: the pipeline of one backup thread.
struct RangeCopier: ~Copyable {
    private let connection: Connection
    private var writer: ChunkWriter
    private let digestKey: DigestKey

    init(connection: Connection, writer: consuming ChunkWriter, digestKey: DigestKey) {
        self.connection = connection
        self.writer = writer
        self.digestKey = digestKey
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

    /// Reads one range. What the server sends is stored as it comes, and walked row by row: each must have the table's
    /// columns.
    mutating func copy(_ range: RangeQueue.Range, progress: BackupProgress) throws -> RangeQueue.Outcome {
        var digester = try StreamDigester(
            range.isBinary ? .binary : .text, columns: range.columns, key: digestKey)
        var bytes = 0
        do {
            let sent = try connection.copyOut(range.statement) { message in
                try writer.append(message)
                try digester.feed(message)
                bytes += message.count
            }
            try digester.finishStream()
            guard sent.rows == digester.digest.rows else {
                throw BackupFault.rowsMissing(table: range.name, sent: sent.rows, read: digester.digest.rows)
            }
        } catch let fault as CopyFault where fault.exit == .damaged {
            writer.abandonStream()
            throw BackupFault.rowOfWrongShape(table: range.name, fault)
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
}
