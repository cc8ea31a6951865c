import Faults
import LiveSupport
import Operations
import Postgres
import Restoring
import TestSupport
import Testing

/// Rows that the tables of a backup refuse where it is restored: what is taken away for them comes back, and nothing else
/// goes with it.
@Suite struct RefusedRowsTests {
    private static let source = """
        CREATE TABLE public.zz AS SELECT generate_series(1, 10) AS id;
        CREATE FUNCTION public.known(i int) RETURNS bool LANGUAGE sql STABLE
            AS 'SELECT EXISTS (SELECT FROM public.zz WHERE id = i)';
        CREATE TABLE public.aa (id int, g int GENERATED ALWAYS AS (id + 1) STORED,
            CONSTRAINT c1 CHECK (public.known(id)), CONSTRAINT c2 CHECK (id > 0));
        COMMENT ON CONSTRAINT c1 ON public.aa IS 'the first'; COMMENT ON CONSTRAINT c2 ON public.aa IS 'it''s the second';
        INSERT INTO public.aa SELECT generate_series(1, 10);
        CREATE FUNCTION public.fine(i int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
        CREATE TABLE public.parts (a int, k int, CONSTRAINT late CHECK (public.fine(a))) PARTITION BY LIST (k);
        CREATE TABLE public.part1 PARTITION OF public.parts FOR VALUES IN (1);
        CREATE TABLE public.part2 PARTITION OF public.parts FOR VALUES IN (2);
        CREATE TABLE public.part3 PARTITION OF public.parts FOR VALUES IN (3);
        INSERT INTO public.parts SELECT n * 10, 1 + n % 3 FROM generate_series(1, 60000) n;
        CREATE OR REPLACE FUNCTION public.fine(i int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT i > 50';
        """

    @Test func `a refused check comes back with its comment, and costs no computed column and no other table`() throws {
        let bench = try Bench(nil), copy = bench.newName()
        try bench.script(RefusedRowsTests.source)
        try bench.backup()
        var options = RestoreOperation.Options(database: copy)
        options.jobs = 4
        let operation = RestoreOperation(try bench.workplace(), options)
        let report = try operation.perform(try operation.plan(), progress: BackupProgress())
        #expect(report.rows == 60_020 && report.exit == .partial)
        #expect(report.losses.map(\.name) == ["public.parts late"])
        let session = try LiveServer.connect(try LiveServer.get().endpoint(database: copy))
        defer { session.close() }
        let facts = try session.query(
            """
            SELECT (SELECT sum(g) FROM public.aa) AS computed,
                (SELECT attgenerated FROM pg_attribute WHERE attrelid = 'public.aa'::regclass AND attname = 'g')::text AS kind,
                (SELECT string_agg(obj_description(oid, 'pg_constraint') || convalidated, '|' ORDER BY conname)
                    FROM pg_constraint WHERE conrelid = 'public.aa'::regclass) AS checks,
                (SELECT convalidated FROM pg_constraint WHERE conrelid = 'public.parts'::regclass) AS late
            """
        ).only()
        #expect(try facts.integer("computed") == 65 && facts.string("kind") == "s" && !facts.bool("late"))
        #expect(try facts.string("checks") == "the firsttrue|it's the secondtrue")
    }

    @Test func `a view whose owner reads by a grant is filled`() throws {
        let bench = try Bench(nil), copy = bench.newName(), reader = "reader_of_\(bench.database)"
        let admin = try LiveServer.connect(try LiveServer.get().endpoint())
        defer { admin.close() }
        try admin.query("CREATE ROLE \(identifier: reader)")
        try bench.script(
            """
            CREATE TABLE public.t AS SELECT generate_series(1, 100) AS a; GRANT SELECT ON public.t TO \(reader);
            CREATE SCHEMA other; GRANT USAGE, CREATE ON SCHEMA other TO \(reader);
            CREATE MATERIALIZED VIEW other.view AS SELECT a FROM public.t;
            ALTER MATERIALIZED VIEW other.view OWNER TO \(reader);
            """)
        try bench.backup()
        let operation = RestoreOperation(try bench.workplace(), RestoreOperation.Options(database: copy))
        let report = try operation.perform(try operation.plan(), progress: BackupProgress())
        #expect(report.exit == .done && report.losses.isEmpty)
        #expect(try bench.count("other.view", in: copy) == 100)
    }
}
