package import InfisicalData
package import Postgres

extension InfisicalDatabase {
    /// The last recorded migration; nil where none is recorded.
    package func migration() throws(PostgresFault) -> MigrationFacts? {
        guard facts.has("infisical_migrations", all: ["id", "name", "batch"]) else { return nil }
        let rows = try connection.query(
            """
            SELECT COALESCE(name, '') AS name, COALESCE(batch, 0) AS batch,
                (SELECT pg_catalog.count(*) FROM public.infisical_migrations) AS count
            FROM public.infisical_migrations ORDER BY id DESC LIMIT 1
            """)
        guard let row = rows.first else { return nil }
        return MigrationFacts(
            recordedName: try row.string("name"), count: try row.integer("count"), batch: try row.integer("batch"))
    }

    /// Whether a migration is going on. Waiting for its end takes a session outside the backup's snapshot: inside, the
    /// answer stays what it was when the snapshot was taken.
    package func migrationLock() throws(PostgresFault) -> MigrationLockState {
        var isLocked = false
        if facts.has("infisical_migrations_lock", "is_locked") {
            isLocked = try connection.query(
                """
                SELECT EXISTS (SELECT FROM public.infisical_migrations_lock WHERE is_locked <> 0) AS locked
                """
            ).only().bool("locked")
        }
        var startups: [(node: String?, heartbeatAge: Double?)] = []
        if facts.has("infisical_migrations_startup_lock", all: ["is_locked", "node", "heartbeat_updated_at"]) {
            // The clock's time, not the transaction's: a snapshot may be hours old.
            let rows = try connection.query(
                """
                SELECT node, EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - heartbeat_updated_at) AS age
                FROM public.infisical_migrations_startup_lock WHERE is_locked <> 0
                """)
            for row in rows {
                startups.append((try row.stringIfAny("node"), try row.stringIfAny("age").flatMap(Double.init)))
            }
        }
        return MigrationLockState.of(migrationLocked: isLocked, startups: startups)
    }
}
