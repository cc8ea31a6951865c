import InfisicalData
import Postgres

/// What must be true of a table before it is read: whoever owns a database may be less than the one who backs it up, and
/// must not get code of its own run by reading.
extension InfisicalDatabase {
    /// The tables that statements of this target name, of any era; those of `SignedTokens` are looked at by that.
    static let tablesRead: Set<String> = Set(
        [
            "infisical_migrations", "infisical_migrations_lock", "infisical_migrations_startup_lock", "super_admin",
            "kms_root_config", "kms_legacy_encryption_keys", "internal_kms", "kms_keys", "external_kms",
            "internal_kms_key_version", "organizations", "projects", "project_environments", "secret_folders",
            "secrets", "secrets_v2", "secret_versions", "secret_versions_v2", "users", "identities",
        ] + LegacyTier.columns.map(\.table))

    /// Refuses a strange one among the tables of an Infisical database.
    ///
    /// - Throws: `strangeRelation`.
    static func refuseStrange(_ era: Era, _ connection: Connection) throws(PostgresFault) {
        // A database of somebody else may have tables of the same names; of those only the locks are read.
        try refuseStrange(era == .none ? tablesRead.filter { $0.hasPrefix("infisical_") } : tablesRead, connection)
    }

    /// Refuses a table that is none, that others inherit from, that has a column of a type which is not PostgreSQL's own
    /// (its casts would run), or that has an index or statistics with functions of the database (the planner would run
    /// them).
    ///
    /// - Throws: `strangeRelation`.
    static func refuseStrange(_ tables: Set<String>, _ connection: Connection) throws(PostgresFault) {
        let rows = try connection.query(
            """
            SELECT class.relname AS table, CASE
                WHEN class.relkind NOT IN ('r', 'p') THEN 'it is not a table'
                WHEN pg_catalog.to_regclass('public.' || pg_catalog.quote_ident(class.relname))::pg_catalog.oid
                    IS DISTINCT FROM class.oid THEN 'it was replaced in the meantime'
                WHEN class.relkind = 'r' AND EXISTS (
                    SELECT FROM pg_catalog.pg_inherits AS child WHERE child.inhparent = class.oid
                ) THEN 'other tables inherit from it'
                WHEN class.oid IN (\(raw: Catalog.relationsWithForeignCode))
                    THEN 'an index or statistics of it call functions that are not PostgreSQL''s own'
                WHEN attribute.attname IS NOT NULL THEN 'its column ' || pg_catalog.quote_ident(attribute.attname)
                    || ' has the type ' || pg_catalog.format_type(attribute.atttypid, attribute.atttypmod)
                END AS reason
            FROM pg_catalog.pg_class AS class
            JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
            LEFT JOIN pg_catalog.pg_attribute AS attribute
                ON attribute.attrelid = class.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
                AND attribute.atttypid <> ALL (\(array: BinaryFormat.stableTypes.map(String.init))::pg_catalog.oid[])
            WHERE namespace.nspname = 'public' AND class.relname = ANY (\(array: Array(tables))::pg_catalog.name[])
                AND class.relkind NOT IN ('i', 'I', 'c', 't')
            ORDER BY 1, 2
            """)
        for row in rows {
            guard let reason = try row.stringIfAny("reason") else { continue }
            throw .strangeRelation(Quoting.qualified("public", try row.string("table")), reason: reason)
        }
    }
}
