import Effects
import LiveSupport
import Postgres
import Testing

/// What changes its meaning under a snapshot, although every table is locked.
@Suite struct CatalogStateTests {
    private static let script = """
        CREATE SCHEMA one; CREATE SCHEMA two; CREATE SCHEMA three;
        CREATE TABLE one.t AS SELECT 1 AS a; CREATE TABLE two.t AS SELECT 2 AS a;
        CREATE TYPE public.mood AS ENUM ('fine', 'worn'); CREATE TYPE public.pair AS (x int, y int);
        CREATE DOMAIN public.small AS int CHECK (VALUE < 10);
        CREATE FUNCTION public.f(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
        CREATE VIEW public.v AS SELECT 1 AS a; CREATE SEQUENCE public.s; CREATE COLLATION public.c FROM "C";
        CREATE TABLE public.used (m public.mood, p public.pair);
        CREATE MATERIALIZED VIEW public.stored AS SELECT a FROM one.t;
        """

    private func withLeader(_ body: (SnapshotLeader, _ side: Connection, _ changer: Connection) throws -> Void) throws {
        try LiveServer.withDatabase { changer, endpoint in
            try changer.execute(script: Self.script)
            let side = try LiveServer.connect(endpoint)
            let leader = try SnapshotLeader.take(on: try LiveServer.connect(endpoint), side: side)
            try body(leader, side, changer)
        }
    }

    @Test(arguments: [
        ("ALTER SCHEMA one RENAME TO uno", "schema one was renamed"),
        ("ALTER SCHEMA one RENAME TO x; ALTER SCHEMA two RENAME TO one; ALTER SCHEMA x RENAME TO two", "renamed"),
        // There and back again: nothing is left of it but the version of the row.
        ("ALTER SCHEMA one RENAME TO x; ALTER SCHEMA x RENAME TO one", "schema one was changed"),
        ("DROP SCHEMA three", "schema three was dropped"),
        ("ALTER TYPE public.mood RENAME VALUE 'fine' TO 'well'", "enum mood (fine) was renamed"),
        ("ALTER TYPE public.mood RENAME TO humour", "renamed"),
        ("ALTER TYPE public.mood SET SCHEMA one", "renamed"),
        ("ALTER TYPE public.pair RENAME ATTRIBUTE x TO z", "composite type public.pair was changed"),
        ("ALTER TYPE public.pair DROP ATTRIBUTE x", "composite type public.pair was changed"),
        ("ALTER DOMAIN public.small SET NOT NULL", "type public.small was changed"),
        ("ALTER DOMAIN public.small DROP CONSTRAINT small_check", "domain constraint small_check was dropped"),
        (
            "CREATE OR REPLACE FUNCTION public.f(int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
            "function public.f was changed"
        ),
        ("ALTER FUNCTION public.f RENAME TO g", "function public.f was renamed"),
        ("ALTER VIEW public.v RENAME TO w", "relation public.v was renamed"),
        ("DROP VIEW public.v", "relation public.v was dropped"),
        ("ALTER SEQUENCE public.s RENAME TO r", "relation public.s was renamed"),
        ("ALTER COLLATION public.c RENAME TO d", "collation public.c was renamed"),
    ]) func `a change of a name or a meaning is seen`(change: String, words: String) throws {
        try withLeader { leader, side, changer in
            for statement in change.split(separator: "; ") { try changer.query(SQL(raw: String(statement))) }
            let found = try leader.change(seenBy: side)
            #expect(found?.contains(words) == true, "\(found ?? "nothing")")
            // The leader's own view is that of its snapshot.
            #expect(try leader.change(seenBy: leader.connection) == nil)
        }
    }

    @Test(arguments: [
        "GRANT SELECT ON one.t TO PUBLIC", "CREATE TABLE one.more (a int)", "CREATE SCHEMA four", "ANALYZE",
        "CREATE INDEX ON one.t (a)", "REFRESH MATERIALIZED VIEW public.stored", "CREATE TEMPORARY TABLE x (a int)",
        "CREATE TYPE one.another AS ENUM ('a')", "INSERT INTO one.t VALUES (3)", "SELECT nextval('public.s')",
        "CREATE FUNCTION one.g() RETURNS int LANGUAGE sql AS 'SELECT 1'", "COMMENT ON TABLE one.t IS 'x'", "VACUUM",
    ]) func `what is made since, and what changes no meaning, does not count`(change: String) throws {
        try withLeader { leader, side, changer in
            try changer.query(SQL(raw: change))
            #expect(try leader.change(seenBy: side) == nil)
        }
    }

    @Test func `the look at an instance of today takes less than ten milliseconds`() throws {
        try LiveServer.withDatabase { connection, _ in
            // As many tables as Infisical of 2026 has, with two indexes each.
            try connection.execute(
                script: """
                    DO $$ BEGIN FOR n IN 1..760 LOOP
                        EXECUTE format('CREATE TABLE public.t%s (a int PRIMARY KEY, b text UNIQUE, c jsonb, d uuid)', n);
                    END LOOP; END $$
                    """)
            let clock = SystemClock()
            var times: [UInt64] = []
            for _ in 0..<9 {
                let start = clock.monotonic()
                _ = try CatalogState.read(connection)
                times.append(clock.monotonic() - start)
            }
            let best = Double(times.min() ?? 0) / 1e6
            print("the state of a catalog of 760 tables in \(best) ms")
            // Twice as much for a machine that is busy with other tests, built without optimisation.
            #expect(best < 20)
        }
    }
}
