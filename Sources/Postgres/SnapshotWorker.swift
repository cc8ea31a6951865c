/// A session that reads under the leader's snapshot.
///
/// It locks nothing beforehand: each COPY takes the lock of its own table, so that a database of many thousand tables
/// needs no more locks than the leader has, and a bit. No COPY waits for one for long: one that found an `ALTER TABLE`
/// in the queue would wait for it, it would wait for the leader, and the leader for us.
package final class SnapshotWorker {
    /// Tables after which the transaction is begun anew, which is what gives their locks back.
    package static let tablesPerTransaction = 256

    package let connection: Connection
    private let snapshot: String
    private let lockWait: Int
    private var tables: Set<UInt32> = []

    /// Joins the snapshot.
    ///
    /// - Parameter lockWait: milliseconds after which a statement that waits for a lock fails with `lockNotAvailable`.
    package init(
        joining snapshot: String, on connection: Connection, lockWait: Int = 1_000
    ) throws(PostgresFault) {
        self.connection = connection
        self.snapshot = snapshot
        self.lockWait = lockWait
        try begin()
    }

    /// To be called before a table is read.
    package func prepare(for table: UInt32) throws(PostgresFault) {
        if tables.count >= SnapshotWorker.tablesPerTransaction && !tables.contains(table) {
            try end()
            tables = []
            try begin()
        }
        tables.insert(table)
    }

    /// Ends the transaction and gives the locks back.
    package func end() throws(PostgresFault) { try connection.query("COMMIT") }

    private func begin() throws(PostgresFault) {
        try connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        do throws(PostgresFault) {
            try connection.query("SET TRANSACTION SNAPSHOT \(literal: snapshot)")
            try connection.query("SET LOCAL lock_timeout = \(raw: String(lockWait))")
        } catch {
            if connection.transactionStatus == .failed { try connection.query("ROLLBACK") }
            switch error {
            case .badData, .statementFailed: throw .snapshotGone(reason: "the server does not know it any more")
            default: throw error
            }
        }
    }
}
