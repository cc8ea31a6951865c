import Effects

/// By what a transaction is found again when nobody knows what became of its COMMIT. Written down before that is sent.
package struct TransactionMark: Codable, Sendable, Equatable {
    /// `pg_current_xact_id()`, which never comes round.
    package let transaction: UInt64
    /// The server process that has it, and since when, as the server writes it: numbers of processes are used again.
    package let process: Int32
    package let processStart: String
    /// The number that `initdb` gave the cluster; nil where this user may not read it.
    package let system: String?
    /// `pg_database.oid`.
    package let database: UInt32
    /// The history that the server writes. A standby that takes over, or a recovery to an earlier moment, begins another.
    package let timeline: String
    /// How far that history was on disk by then. A server that is not as far was put back to an earlier state.
    package let flushed: String

    /// Marks the transaction of `writer`, and makes sure that its number is never given to another one, which a crash of
    /// the server could otherwise lead to: a later transaction is committed on `witness`, with all that was written before.
    ///
    /// - Parameters:
    ///   - writer: a session in a transaction.
    ///   - witness: another session with the same database, in none.
    /// - Throws: `notDurable`.
    package static func take(
        _ writer: Connection, witness: Connection
    ) throws(PostgresFault) -> TransactionMark {
        guard writer.transactionStatus == .inTransaction, witness.transactionStatus == .idle else {
            throw .unexpectedAnswer("the transaction to mark is not open, or the other session's is")
        }
        try requireDurable(writer)
        try requireDurable(witness)
        let place = try ServerPlace.read(writer)
        guard try ServerPlace.read(witness).isSame(as: place) else {
            throw .unexpectedAnswer("two sessions with different databases")
        }
        let row = try writer.query(
            """
            SELECT pg_current_xact_id()::text AS transaction, a.pid, a.backend_start::text AS start
            FROM pg_stat_activity a WHERE a.pid = pg_backend_pid()
            """
        ).only()
        let transaction = try row.integer("transaction", as: UInt64.self)
        // A later transaction of another session, and on disk when this returns.
        let message = try witness.query(
            "SELECT pg_logical_emit_message(true, 'infisical-ops', \(transaction))::text AS place"
        ).only().string("place")
        let flushed = try witness.query(
            """
            SELECT pg_current_wal_flush_lsn()::text AS flushed, pg_current_wal_flush_lsn() > \(message)::pg_lsn AS is_done
            """
        ).only()
        guard try flushed.bool("is_done") else { throw .notDurable("what was committed is not on disk") }
        return TransactionMark(
            transaction: transaction, process: try row.integer("pid"), processStart: try row.string("start"),
            system: place.system, database: place.database, timeline: place.timeline,
            flushed: try flushed.string("flushed"))
    }

    /// Whether a crash of the host may undo what the server confirmed, by its settings; for a question before anything is
    /// written.
    package static func obstacle(_ connection: Connection) throws(PostgresFault) -> PostgresFault? {
        let row = try connection.query("SELECT current_setting('fsync') AS syncs").only()
        let syncs = try row.string("syncs")
        return syncs == "on" ? nil : .notDurable("fsync is \(syncs)")
    }

    /// Makes a session wait at COMMIT until it is on disk, and believes it only when the server says the same.
    private static func requireDurable(_ connection: Connection) throws(PostgresFault) {
        try connection.query("SET synchronous_commit = on")
        let waits = try connection.query("SELECT current_setting('synchronous_commit') AS waits").only().string("waits")
        if waits != "on" { throw .notDurable("synchronous_commit is \(waits)") }
    }
}

/// Which database of which server a session has, and where that server's history is.
struct ServerPlace {
    let system: String?
    let database: UInt32
    let timeline: String

    static func read(_ connection: Connection) throws(PostgresFault) -> ServerPlace {
        let row = try connection.query(
            """
            SELECT oid::bigint AS oid, left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) AS timeline
            FROM pg_database WHERE datname = current_database()
            """
        ).only()
        return ServerPlace(
            system: try ServerFacts.identifier(connection), database: try row.integer("oid"),
            timeline: try row.string("timeline"))
    }

    func isSame(as other: ServerPlace) -> Bool {
        system == other.system && database == other.database && timeline == other.timeline
    }
}
