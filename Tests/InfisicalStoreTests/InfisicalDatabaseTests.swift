import InfisicalData
import InfisicalStore
import LiveSupport
import Postgres
import Testing

@Suite struct InfisicalDatabaseTests {
    @Test(arguments: [(LiveFixture.july, Era.s3), (.october, .s4), (.s8, .s8)])
    func `the era of a real database is recognised`(fixture: LiveFixture, era: Era) throws {
        try fixture.copied { connection in
            let database = try InfisicalDatabase(connection)
            #expect(database.era == era)
        }
    }

    @Test func `every table and column is seen with type and nullability`() throws {
        try LiveFixture.october.copied { connection in
            try connection.execute(
                script: "CREATE TABLE public.bare (); CREATE SCHEMA other; CREATE TABLE other.t (a int)")
            let facts = try InfisicalDatabase(connection).facts
            #expect(facts.column("kms_root_config", "encryptedRootKey") == .init(type: "bytea", isNullable: false))
            #expect(
                facts.column("user_encryption_keys", "serverEncryptedPrivateKey")
                    == .init(type: "text", isNullable: true))
            #expect(facts.column("projects", "id")?.type == "character varying(36)")
            #expect(facts.has("bare"))
            #expect(facts.tables["bare"]?.isEmpty == true)
            #expect(!facts.has("t"))
        }
    }

    @Test func `a dropped column is gone`() throws {
        try LiveFixture.october.copied { connection in
            try connection.query("ALTER TABLE public.webhooks DROP COLUMN \"urlTag\"")
            let database = try InfisicalDatabase(connection)
            #expect(!database.facts.has("webhooks", "urlTag"))
            #expect(try !database.legacyTriples().contains { $0.origin == "webhooks.urlCipherText" })
        }
    }

    @Test func `an empty database is none, and every question about it has an answer`() throws {
        try LiveFixture.empty { connection in
            let database = try InfisicalDatabase(connection)
            #expect(database.era == .none)
            #expect(try database.migration() == nil)
            #expect(try database.migrationLock() == .free)
            #expect(try database.summary() == nil)
            #expect(try database.fipsFlag() == .noColumn)
            let samples = try database.keySamples()
            #expect(samples.rootWraps == nil)
            #expect(samples.triples.isEmpty)
            #expect(samples.legacySnapshot == nil)
        }
    }

    @Test func `everything can be read inside a backup's snapshot`() throws {
        try LiveFixture.s8.copied { connection in
            try connection.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") {
                let database = try InfisicalDatabase(connection)
                #expect(try database.keySamples().triples.count > 5)
                #expect(try database.summary() != nil)
                #expect(try database.migration() != nil)
                #expect(try database.migrationLock() == .free)
            }
        }
    }

    @Test func `a table that may not be read is a fault that names it`() throws {
        try LiveFixture.october.copied { connection in
            try connection.execute(script: "CREATE ROLE store_test_reader; SET ROLE store_test_reader")
            let database = try InfisicalDatabase(connection)
            let fault = #expect(throws: PostgresFault.self) { try database.rootWraps() }
            #expect(fault?.message.contains("kms_root_config") == true)
            try connection.execute(script: "RESET ROLE; DROP ROLE store_test_reader")
        }
    }

    // MARK: Migrations

    @Test(arguments: [
        (LiveFixture.july, 105, "20240719182539_add-bypass-reason-secret-approval-requets"),
        (.october, 133, "20241021114650_add-missing-org-cascade-references"),
        (.s8, 133, "20241021114650_add-missing-org-cascade-references"),
    ])
    func `the last migration is told without its ending`(fixture: LiveFixture, count: Int, name: String) throws {
        try fixture.copied { connection in
            let migration = try #require(try InfisicalDatabase(connection).migration())
            #expect(migration == MigrationFacts(recordedName: name, count: count, batch: 1))
        }
    }

    @Test func `a migrations table without rows tells nothing`() throws {
        try LiveFixture.july.copied { connection in
            try connection.query("DELETE FROM public.infisical_migrations")
            #expect(try InfisicalDatabase(connection).migration() == nil)
        }
    }

    @Test func `a held migration lock is seen`() throws {
        try LiveFixture.july.copied { connection in
            let database = try InfisicalDatabase(connection)
            #expect(try database.migrationLock() == .free)
            try connection.query("UPDATE public.infisical_migrations_lock SET is_locked = 1")
            #expect(try database.migrationLock() == .migrating)
        }
    }

    @Test func `a migration shows in locks and transactions of other sessions`() throws {
        try LiveFixture.july.copied { connection in
            let database = try InfisicalDatabase(connection)
            let quiet = MigrationSigns(isAtWork: false, writers: [], recorded: 105)
            #expect(try database.migrationSigns() == quiet)
            let other = try LiveServer.connect(connection.endpoint)
            for (statement, isAtWork) in [
                ("SELECT count(*) FROM public.users", false), ("LOCK TABLE public.users IN ROW SHARE MODE", false),
                ("SELECT pg_advisory_xact_lock(2024)", false), ("SELECT pg_advisory_xact_lock(2023)", true),
                ("ALTER TABLE public.users ADD shoe text", true), ("CREATE TABLE public.more (a int)", true),
                ("CREATE INDEX ON public.users (email)", true),
                ("UPDATE public.infisical_migrations SET batch = 1", true),
            ] {
                try other.query("BEGIN")
                try other.query(SQL(raw: statement))
                #expect(try database.migrationSigns().isAtWork == isAtWork, "\(statement)")
                try other.query("ROLLBACK")
            }
            try other.query("BEGIN")
            try other.query("DELETE FROM public.super_admin")
            let first = try database.migrationSigns()
            #expect(!first.isAtWork && first.writers.count == 1)
            #expect(try database.migrationSigns() == first)
            try other.query("ROLLBACK")
            #expect(try database.migrationSigns() == quiet)
        }
    }

    @Test func `a start-up lock counts while its heartbeat is fresh`() throws {
        try LiveFixture.s8.copied { connection in
            let database = try InfisicalDatabase(connection)
            try connection.query(
                """
                INSERT INTO public.infisical_migrations_startup_lock (index, is_locked, node, heartbeat_updated_at)
                VALUES (1, 1, 'web-1', pg_catalog.clock_timestamp())
                """)
            #expect(try database.migrationLock() == .starting(node: "web-1"))
            try connection.query(
                """
                UPDATE public.infisical_migrations_startup_lock
                SET heartbeat_updated_at = pg_catalog.clock_timestamp() - interval '16 seconds'
                """)
            #expect(try database.migrationLock() == .free)
            try connection.query("UPDATE public.infisical_migrations_startup_lock SET heartbeat_updated_at = NULL")
            #expect(try database.migrationLock() == .free)
        }
    }

    // MARK: Summary

    @Test(arguments: [
        (LiveFixture.july, InstanceSummary(users: 2, projects: 3, secrets: 780)),
        (.october, InstanceSummary(users: 3, projects: 5, secrets: 786)),
        (.s8, InstanceSummary(users: 3, projects: 5, secrets: 786)),
    ])
    func `people, projects and secrets are counted as the server lists them`(
        fixture: LiveFixture, summary: InstanceSummary
    ) throws {
        try fixture.copied { connection in
            let counted = try InfisicalDatabase(connection).summary()
            #expect(counted == summary)
        }
    }

    @Test func `a deleted project and its secrets are not counted`() throws {
        try LiveFixture.s8.copied { connection in
            let database = try InfisicalDatabase(connection)
            let all = try #require(try database.summary())
            try connection.query(
                """
                UPDATE public.projects SET "deleteAfter" = pg_catalog.now()
                WHERE id = (SELECT p.id FROM public.projects AS p
                    JOIN public.project_environments AS e ON e."projectId" = p.id
                    JOIN public.secret_folders AS f ON f."envId" = e.id
                    JOIN public.secrets_v2 AS s ON s."folderId" = f.id ORDER BY p.id LIMIT 1)
                """)
            let left = try #require(try database.summary())
            #expect(left.projects == all.projects - 1)
            #expect(left.secrets < all.secrets && left.secrets > 0)
        }
    }

    @Test func `secrets that an upgraded project left behind are not counted twice`() throws {
        try LiveFixture.july.copied { connection in
            try connection.query(
                "UPDATE public.projects SET version = 3 WHERE id = (SELECT id FROM public.projects ORDER BY id LIMIT 1)"
            )
            try connection.query("CREATE TABLE public.secrets_v2 (id uuid, \"folderId\" uuid)")
            let summary = try #require(try InfisicalDatabase(connection).summary())
            #expect(summary.secrets > 0 && summary.secrets < 780)
        }
    }
}
