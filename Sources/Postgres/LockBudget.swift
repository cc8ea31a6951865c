/// How many locks a server has room for, and how many of them a backup may take.
///
/// All sessions share one table of locks whose size is fixed when the server starts. Whoever fills it makes the
/// statements of others fail, so a backup looks first.
package struct LockBudget: Sendable, Equatable {
    /// `max_locks_per_transaction`.
    package let perTransaction: Int
    /// How many sessions and prepared transactions the server reckons with.
    package let sessions: Int
    /// Entries that are taken now.
    package let taken: Int

    /// Objects that can be locked at once.
    package var capacity: Int { perTransaction * sessions }

    package init(perTransaction: Int, sessions: Int, taken: Int) {
        self.perTransaction = perTransaction
        self.sessions = sessions
        self.taken = taken
    }

    /// Asks the server of the session.
    package static func read(_ connection: Connection) throws(PostgresFault) -> LockBudget {
        let row = try connection.query(
            """
            SELECT current_setting('max_locks_per_transaction') AS locks,
                   -- As the server reckons; its own number of special processes is left out.
                   current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int
                       + current_setting('max_worker_processes')::int + current_setting('max_wal_senders')::int
                       + coalesce(current_setting('autovacuum_worker_slots', true),
                                  current_setting('autovacuum_max_workers'))::int AS sessions,
                   -- Those that lie with their own session take no room in the table.
                   (SELECT count(*) FROM pg_locks WHERE NOT fastpath) AS taken
            """
        ).only()
        return LockBudget(
            perTransaction: try row.integer("locks"), sessions: try row.integer("sessions"),
            taken: try row.integer("taken"))
    }

    /// Entries that a backup needs: the leader's locks and, for each session that holds a lock, a second kind of entry,
    /// of which the server has twice as many: the leader's, `pg_dump`'s, and those of the sessions that read.
    static func needed(_ relations: [Relation], jobs: Int) -> Int {
        let tables = relations.count { $0.needsLock }, sequences = relations.count { $0.kind == .sequence }
        return tables + sequences + jobs * min(tables, SnapshotWorker.tablesPerTransaction) / 2
    }

    /// Throws `tooFewLocks` when a backup of these relations finds no room.
    package func require(_ relations: [Relation], jobs: Int) throws(PostgresFault) {
        let needed = LockBudget.needed(relations, jobs: jobs)
        guard needed > capacity - taken else { return }
        // A quarter more for whoever else is at work; in steps, because nobody sets odd numbers.
        let wanted = (needed + taken) * 5 / 4 / max(sessions, 1) + 1
        throw .tooFewLocks(
            needed: needed, free: max(0, capacity - taken), setting: perTransaction, enough: (wanted + 63) / 64 * 64)
    }
}
