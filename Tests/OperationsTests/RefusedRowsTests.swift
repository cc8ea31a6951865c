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

    /// Another database in the place of a bench's own.
    private func remake(_ bench: Bench, _ options: String) throws {
        try bench.script("DROP DATABASE \(bench.database)", in: "postgres")
        try bench.script("CREATE DATABASE \(bench.database) TEMPLATE template0 \(options)", in: "postgres")
    }

    private func restore(
        _ bench: Bench, to copy: String, _ change: (inout RestoreOperation.Options) -> Void = { _ in }
    ) throws -> RestoreOperation.Report {
        var options = RestoreOperation.Options(database: copy)
        change(&options)
        let operation = RestoreOperation(try bench.workplace(), options)
        return try operation.perform(try operation.plan(), progress: BackupProgress())
    }

    @Test(arguments: ["LATIN1", "WIN1252", "UTF8", "SQL_ASCII"])
    func `what is refused is known by its name in every encoding`(encoding: String) throws {
        let bench = try Bench(nil), copy = bench.newName()
        try remake(bench, "ENCODING '\(encoding)' LC_COLLATE 'C' LC_CTYPE 'C'")
        // The server keeps a setting in the encoding of the session that makes it.
        try bench.script("ALTER DATABASE \(bench.database) SET search_path = 'pfäd'")
        // One of these names is valid UTF-8 in LATIN1's bytes, and means something else there.
        try bench.script(
            """
            CREATE EXTENSION pg_buffercache SCHEMA public; CREATE SCHEMA "übrig"; ALTER EXTENSION pg_buffercache ADD SCHEMA "übrig";
            CREATE SEQUENCE "übrig"."zähler"; CREATE TABLE "übrig"."Ã¤" (a int); CREATE TABLE public."voll_ä" AS SELECT 'ß' AS "größe";
            UPDATE pg_extension SET extname = 'not_here' WHERE extname = 'pg_buffercache';
            CREATE SCHEMA "pfäd";
            CREATE FUNCTION "pfäd".f(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN t; END$$;
            CREATE FUNCTION "pfäd".g(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN f(t); END$$;
            SET search_path = "pfäd"; CREATE INDEX "nach_größe" ON public."voll_ä" (g("größe"));
            CREATE TABLE public."geprüft" (a text CHECK (g(a) <> '')); INSERT INTO public."geprüft" VALUES ('ß');
            """)
        try bench.backup()
        let report = try restore(bench, to: copy)
        #expect(report.rows == 2 && report.exit == .partial)
        #expect(
            Set(report.losses.map(\.name)) == ["not_here", "übrig.Ã¤", "übrig.zähler"] && report.losses.count == 3,
            "\(report.losses.map(\.text))")
        #expect(try bench.count("pg_class WHERE relname = 'nach_größe'", in: copy) == 1)
        #expect(try bench.count("pg_constraint WHERE conname = 'geprüft_a_check' AND convalidated", in: copy) == 1)
    }

    @Test func `a view that is made after the rows is named once when it is refused`() throws {
        let bench = try Bench(nil), copy = bench.newName()
        try bench.script(
            """
            CREATE EXTENSION citext SCHEMA public; CREATE TABLE public.t (a int PRIMARY KEY, b text);
            INSERT INTO public.t VALUES (1, 'x');
            CREATE MATERIALIZED VIEW public.late AS SELECT a, b::public.citext AS c FROM public.t GROUP BY a;
            UPDATE pg_extension SET extname = 'not_here' WHERE extname = 'citext';
            """)
        try bench.backup()
        let report = try restore(bench, to: copy)
        #expect(report.losses.map(\.name) == ["not_here", "public.late"], "\(report.losses.map(\.text))")
    }

    @Test func `the rows of a partition that cannot be one here are in a table of its name`() throws {
        let bench = try Bench(nil), copy = bench.newName()
        try remake(bench, "LOCALE_PROVIDER icu ICU_LOCALE 'und'")
        // Between these bounds there is nothing where texts are compared byte by byte.
        try bench.script(
            """
            CREATE TABLE public.words (word text) PARTITION BY RANGE (word);
            CREATE TABLE public.words_a PARTITION OF public.words FOR VALUES FROM ('a') TO ('B');
            INSERT INTO public.words VALUES ('a'), ('apple'), ('Anna');
            """)
        try bench.backup()
        let report = try restore(bench, to: copy) { $0.locale = "C" }
        #expect(report.rows == 3 && report.losses.map(\.kind) == ["table attach"], "\(report.losses.map(\.text))")
        #expect(try bench.count("public.words_a", in: copy) == 3)
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
