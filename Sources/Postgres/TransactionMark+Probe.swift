import Effects

extension TransactionMark {
    /// What became of a marked transaction.
    package enum Fate: Sendable, Equatable {
        case committed, aborted
        /// The server cannot say, or it is another one; a clause.
        case unknown(String)
    }

    /// Asks what became of the transaction, once nothing of it is left. The session has the lock afterwards, so that what
    /// the rows say stays true until it is released or the session ends; not where another server answers.
    ///
    /// - Parameters:
    ///   - lock: the advisory lock that the transaction held.
    ///   - connection: a session with the database, in no transaction.
    ///   - patience: seconds for a COMMIT that the server still works on; then its process is ended, and as many seconds
    ///     later it must have gone.
    /// - Throws: `lockHeld`.
    package func fate(
        lock: Int64, _ connection: Connection, patience: Double = 30
    ) throws(PostgresFault) -> Fate {
        guard connection.transactionStatus == .idle else { throw .unexpectedAnswer("a transaction is open") }
        if let reason = try differences(connection) { return .unknown(reason) }
        if try !waitForEnd(patience, connection) {
            // By both, so that another session with the same number is left alone.
            try connection.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE pid = \(process)::int AND backend_start = \(processStart)::timestamptz
                """)
            guard try waitForEnd(patience, connection) else {
                throw .lockHeld(lock, try holders(of: lock, connection), seconds: patience)
            }
        }
        do throws(PostgresFault) {
            try connection.query("SELECT pg_advisory_lock(\(lock)::bigint)", deadline: patience)
        } catch {
            guard case .deadlinePassed = error else { throw error }
            throw .lockHeld(lock, try holders(of: lock, connection), seconds: patience)
        }
        return try status(connection)
    }

    /// Gives up the lock that `fate` took.
    package static func release(lock: Int64, _ connection: Connection) throws(PostgresFault) {
        try connection.query("SELECT pg_advisory_unlock(\(lock)::bigint)")
    }

    private func status(_ connection: Connection) throws(PostgresFault) -> Fate {
        do throws(PostgresFault) {
            let status = try connection.query("SELECT pg_xact_status(\(String(transaction))::xid8) AS status").only()
                .stringIfAny("status")
            switch status {
            case "committed": return .committed
            case "aborted": return .aborted
            case nil: return .unknown("the server no longer remembers the transaction \(transaction)")
            case let other?:
                return .unknown("the transaction \(transaction) is \(other), and its process is gone")
            }
        } catch {
            // The number is still to be given out: nothing of that transaction ever reached the disk.
            guard case .badData("22023", _) = error else { throw error }
            return .aborted
        }
    }

    /// Why this server does not know the transaction; nil where it is the one, and as far as it was.
    private func differences(_ connection: Connection) throws(PostgresFault) -> String? {
        let place = try ServerPlace.read(connection)
        if let system, let now = place.system, system != now {
            return "this is another server (\(now) and not \(system))"
        }
        if place.database != database { return "this is another database than the one that was written to" }
        if place.timeline != timeline {
            return
                "the server went over to another history (\(place.timeline) and not \(timeline)): a standby took over, or "
                + "it was recovered to an earlier moment"
        }
        let isThere = try connection.query("SELECT pg_current_wal_insert_lsn() >= \(flushed)::pg_lsn AS is_there")
            .only()
            .bool("is_there")
        return isThere ? nil : "the server was put back to an earlier state (before \(flushed))"
    }

    /// Whether the process that has the transaction ended in time.
    private func waitForEnd(_ seconds: Double, _ connection: Connection) throws(PostgresFault) -> Bool {
        let deadline = Deadline(seconds: seconds)
        while true {
            let isThere =
                try connection.query(
                    """
                    SELECT FROM pg_stat_activity
                    WHERE pid = \(process)::int AND backend_start = \(processStart)::timestamptz
                    """
                ).count > 0
            if !isThere { return true }
            if deadline.hasPassed { return false }
            try connection.query("SELECT pg_sleep(0.1)")
        }
    }

    /// Who has the lock.
    private func holders(of lock: Int64, _ connection: Connection) throws(PostgresFault) -> [ClientSession] {
        try ClientSession.read(
            connection.query(
                """
                SELECT a.pid, coalesce(a.usename, '')::text AS username,
                    coalesce(a.application_name, '') AS application, host(a.client_addr) AS address
                FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = \(Int64(database))::oid
                    AND l.classid = (\(lock)::bigint >> 32)::int::oid
                    AND l.objid = (\(lock)::bigint & 4294967295)::oid AND l.pid <> pg_backend_pid()
                ORDER BY a.pid
                """))
    }
}
