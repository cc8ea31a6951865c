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

    /// What can be seen of a migration beside its lock: locks and transactions of other sessions, which the server shows
    /// to everybody.
    package func migrationSigns() throws(PostgresFault) -> MigrationSigns {
        let recorded =
            facts.has("infisical_migrations") ? "(SELECT pg_catalog.count(*) FROM public.infisical_migrations)" : "0"
        let row = try connection.query(
            """
            WITH held AS (
                SELECT l.virtualtransaction, l.locktype, l.mode, l.granted, l.classid, l.objid, l.objsubid, c.relname
                FROM pg_catalog.pg_locks AS l
                -- Not the server's own sessions, such as autovacuum, and no prepared transaction.
                JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid AND a.usesysid IS NOT NULL
                LEFT JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
                LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                WHERE l.pid <> pg_catalog.pg_backend_pid()
                    AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
                    AND (l.locktype = 'advisory' OR (l.locktype = 'relation' AND l.relation >= 16384
                        -- A table that another session is making is not in the catalog yet.
                        AND (c.oid IS NULL OR (n.nspname = 'public' AND c.relkind IN ('r', 'p')))))
            )
            SELECT coalesce(pg_catalog.bool_or(CASE
                    WHEN locktype = 'advisory' THEN classid = 0 AND objid = 2023 AND objsubid = 1
                    WHEN relname IN ('infisical_migrations', 'infisical_migrations_lock') THEN mode <> 'AccessShareLock'
                    ELSE mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
                END), false) AS at_work,
                pg_catalog.array_to_string(pg_catalog.array_agg(DISTINCT virtualtransaction) FILTER (
                    WHERE granted AND locktype = 'relation' AND mode = 'RowExclusiveLock'), pg_catalog.chr(31)) AS writers,
                \(raw: recorded) AS recorded
            FROM held
            """
        ).only()
        return MigrationSigns(
            isAtWork: try row.bool("at_work"), writers: Set(try row.list("writers")),
            recorded: try row.integer("recorded"))
    }
}

extension MigrationWatch {
    /// Looks once.
    package mutating func look(_ connection: Connection) throws(PostgresFault) -> Finding {
        let database = try InfisicalDatabase(connection, .migrations), state = try database.migrationLock()
        return look(state, state == .free ? .none : try database.migrationSigns())
    }
}
