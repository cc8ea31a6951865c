/// Looks whether anybody waits for locks that our own sessions hold.
///
/// A queued `ALTER TABLE` blocks the application behind itself, so a backup that holds one up for long must give way.
package final class LockMonitor {
    /// The session that has waited longest.
    package struct BlockedSession: Sendable, Hashable {
        package let pid: Int32
        package let applicationName: String
        /// The table it wants, as `"schema"."name"`; nil when it waits for something else.
        package let relation: String?
        /// What it wants to do, as `ALTER TABLE`: the words of the command, nothing of its content.
        package let command: String
        /// The lock it wants, as `AccessExclusiveLock`.
        package let mode: String
        /// How long it has waited.
        package let seconds: Double
    }

    private let connection: Connection

    /// - Parameter connection: a session of its own; it is used from the monitor's thread only.
    package init(connection: Connection) { self.connection = connection }

    /// The session that has waited longest for one of `holders` (server process ids); nil if none waits.
    package func longestWait(behind holders: [Int32]) throws(PostgresFault) -> BlockedSession? {
        let list = holders.map(String.init)
        // Inside a transaction the server shows the sessions as they were at the first look.
        if connection.transactionStatus == .inTransaction { try connection.query("SELECT pg_stat_clear_snapshot()") }
        let rows = try connection.query(
            """
            WITH waiting AS MATERIALIZED (
                SELECT l.pid, l.relation, l.mode, l.waitstart FROM pg_locks l
                WHERE NOT l.granted AND l.pid <> ALL (\(array: list)::int[])
            )
            SELECT w.pid, coalesce(a.application_name, '') AS application_name, w.mode,
                   quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS relation, left(a.query, 200) AS query,
                   -- NULL in the moment before the wait is noted
                   coalesce(extract(epoch FROM clock_timestamp() - w.waitstart), 0)::float8 AS seconds
            FROM waiting w
            LEFT JOIN pg_stat_activity a ON a.pid = w.pid
            LEFT JOIN pg_class c ON c.oid = w.relation
            LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE pg_blocking_pids(w.pid) && \(array: list)::int[]
            ORDER BY seconds DESC LIMIT 1
            """, deadline: 30)
        guard let row = rows.first else { return nil }
        return BlockedSession(
            pid: try row.integer("pid"), applicationName: try row.string("application_name"),
            relation: try row.stringIfAny("relation"), command: Self.command(of: try row.stringIfAny("query") ?? ""),
            mode: try row.string("mode"), seconds: Double(try row.string("seconds")) ?? 0)
    }

    /// Ends our sessions on the server, so that their locks are free at once, whatever the threads and programs that use
    /// them are busy with.
    ///
    /// - Parameters:
    ///   - holders: server process ids of our own.
    ///   - application: also those of this application that stand in the way of `session`.
    package func end(
        _ holders: [Int32], and application: String, before session: BlockedSession
    ) throws(PostgresFault) {
        try connection.query(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE pid = ANY (\(array: holders.map(String.init))::int[])
                OR (application_name = \(application) AND pid = ANY (pg_blocking_pids(\(session.pid)::int)))
            -- The session that asks may be one of them.
            ORDER BY pid = pg_backend_pid()
            """, deadline: 30)
    }

    /// The words of a statement that say what it does; an unknown second word may be a name and is left out.
    static func command(of query: String) -> String {
        let objects: Set = [
            "TABLE", "INDEX", "VIEW", "MATERIALIZED", "SEQUENCE", "TYPE", "SCHEMA", "TRIGGER", "POLICY", "FUNCTION",
            "RULE", "FOREIGN", "UNIQUE", "FULL",
        ]
        let words = query.split(maxSplits: 2, whereSeparator: \.isWhitespace).prefix(2)
            .map { $0.prefix { $0.isLetter }.uppercased() }
        guard let verb = words.first, !verb.isEmpty else { return "a statement that cannot be seen" }
        if words.count == 2, objects.contains(words[1]) { return "\(verb) \(words[1])" }
        return verb
    }
}
