/// How near a server is to its limits.
package struct ServerPressure: Sendable {
    /// Whether it is a standby, which takes no writes.
    package let isInRecovery: Bool
    package let isReadOnly: Bool
    /// Sessions of clients, and how many there may be for those without special rights.
    package let connections: Int
    package let connectionLimit: Int
    /// Seconds since the oldest open transaction began; nil without one.
    package let oldestTransaction: Double?
    /// Replication slots that nobody reads from, with the bytes of WAL that each keeps.
    package let idleSlots: [(name: String, bytes: Int64)]

    /// A number that a clock may have given; a century is the most.
    private static func age(_ seconds: Double) -> Double { seconds.isNaN ? 0 : min(max(seconds, 0), 3.2e9) }

    package static func read(_ connection: Connection) throws(PostgresFault) -> ServerPressure {
        let row = try connection.query(
            """
            SELECT pg_is_in_recovery() AS recovery,
                current_setting('default_transaction_read_only') = 'on' AS read_only,
                -- What kind of process another user's session is may be hidden; whose it is never is.
                (SELECT count(*) FROM pg_stat_activity WHERE usesysid IS NOT NULL AND datid IS NOT NULL
                    AND coalesce(backend_type, 'client backend') = 'client backend') AS connections,
                current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS most,
                (SELECT max(EXTRACT(EPOCH FROM clock_timestamp() - xact_start)) FROM pg_stat_activity
                    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) AS oldest
            """
        ).only()
        let isInRecovery = try row.bool("recovery")
        let slots = try connection.query(
            """
            SELECT slot_name::text AS name, COALESCE(pg_wal_lsn_diff(
                CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn
            ), 0)::bigint AS bytes
            FROM pg_replication_slots WHERE NOT active AND restart_lsn IS NOT NULL ORDER BY 1
            """)
        var idle: [(name: String, bytes: Int64)] = []
        for slot in slots { idle.append((try slot.string("name"), try slot.integer("bytes"))) }
        return ServerPressure(
            isInRecovery: isInRecovery, isReadOnly: try row.bool("read_only"),
            connections: try row.integer("connections"), connectionLimit: try row.integer("most"),
            oldestTransaction: try row.stringIfAny("oldest").flatMap(Double.init).map(age), idleSlots: idle)
    }
}
