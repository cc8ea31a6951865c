/// A session that reads under the leader's snapshot.
///
/// It takes its own locks, with NOWAIT, before it reads: a COPY that found an `ALTER TABLE` in the queue would wait for
/// it, it would wait for the leader, and the leader for us.
package final class SnapshotWorker {
    package let connection: Connection

    private init(connection: Connection) { self.connection = connection }

    /// Joins the snapshot and locks the tables.
    package static func join(
        _ snapshot: String, locking tables: [Relation], on connection: Connection,
        patience: LockPatience = LockPatience()
    ) throws(PostgresFault) -> SnapshotWorker {
        let tables = tables.filter(\.needsLock)
        var reason = ""
        for attempt in 0..<max(1, patience.attempts) {
            if attempt > 0 { try connection.rest(patience) }
            try connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            do throws(PostgresFault) {
                try adopt(snapshot, connection)
                try connection.lockNoWait(tables)
                return SnapshotWorker(connection: connection)
            } catch {
                if connection.transactionStatus == .failed { try connection.query("ROLLBACK") }
                guard case .lockNotAvailable(let why) = error else { throw error }
                reason = why
            }
        }
        throw .locksNotAvailable(attempts: max(1, patience.attempts), reason: reason)
    }

    /// Ends the transaction and gives the locks back.
    package func end() throws(PostgresFault) { try connection.query("COMMIT") }

    private static func adopt(_ snapshot: String, _ connection: Connection) throws(PostgresFault) {
        do { try connection.query("SET TRANSACTION SNAPSHOT \(literal: snapshot)") } catch {
            switch error {
            case .badData, .statementFailed: throw .snapshotGone(reason: "the server does not know it any more")
            default: throw error
            }
        }
    }
}
