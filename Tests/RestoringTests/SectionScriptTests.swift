import DurableFiles
import Effects
import LiveSupport
import Processes
import TestSupport
import Testing

@testable import Postgres
@testable import Restoring

/// The SQL of an archive, against what `pg_restore` makes of the same archive.
@Suite struct SectionScriptTests {
    private func run(_ program: String, _ arguments: [String], _ input: [UInt8] = []) throws -> [UInt8] {
        try ProcessRunner(effects: Effects(), cancellation: Cancellation()).run(
            CommandSpec(
                program, arguments, environment: CommandSpec.inherited(["PATH"]), input: .bytes(input),
                output: .collected(limit: 1 << 26)), deadline: .seconds(60)
        ).succeeded().output
    }

    /// What `pg_restore` writes, less the two lines of psql's restricted mode with the empty ones behind them.
    private func expected(_ archive: [UInt8], _ section: String) throws -> [UInt8] {
        let script = try run(
            "pg_restore",
            ["--section=\(section)", "--no-owner", "--no-privileges", "--no-tablespaces", "--file=-"], archive)
        var lines = script.split(separator: 10, omittingEmptySubsequences: false)
        // Inside a function's body such a line may stay.
        if let first = lines.prefix(10).firstIndex(where: { $0.starts(with: #"\restrict "#.utf8) }) {
            lines.removeSubrange(first...first + 1)
        }
        if let last = lines.suffix(5).lastIndex(where: { $0.starts(with: #"\unrestrict "#.utf8) }) {
            lines.removeSubrange(last...last + 1)
        }
        return Array(lines.joined(separator: [10]))
    }

    /// Compares entry by entry, and then every byte.
    ///
    /// - Returns: how many entries there were.
    private func compare(_ archive: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) throws -> Int {
        let (preData, postData) = SectionScript.render(try ArchiveContents(archive))
        var count = 0
        for (ours, section) in [(preData, "pre-data"), (postData, "post-data")] {
            let theirs = try expected(archive, section)
            let (mine, other) = (entries(ours), entries(theirs))
            #expect(mine.count == other.count, sourceLocation: sourceLocation)
            for (one, two) in zip(mine, other) where one != two {
                Issue.record("\(one)\n--- and not ---\n\(two)", sourceLocation: sourceLocation)
            }
            #expect(ours == theirs, sourceLocation: sourceLocation)
            // Nothing that would have to be taken out is in it.
            #expect(SectionScript.portable(ours) == ours, sourceLocation: sourceLocation)
            count += other.count - 1
        }
        return count
    }

    private func entries(_ script: [UInt8]) -> [String] {
        let title = Array("\n--\n-- Name: ".utf8)
        return script.split(separator: title).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        ("infisical-2024-07", 100), ("infisical-2024-10", 500), ("infisical-2024-10-upgraded-to-s7", 2000),
        ("infisical-2026-07", 2000), ("infisical-s8", 500),
    ]) func `every entry of a fixture is as pg_restore writes it`(fixture: String, atLeast: Int) throws {
        let archive = try Files(effects: Effects()).read(
            Fixtures.path("\(fixture)/database.dump"), limit: 1 << 26)
        #expect(try compare(archive) >= atLeast)
    }

    @Test(arguments: ["UTF8", "LATIN1"]) func `so is every kind of object, whatever it is called`(
        encoding: String
    ) throws {
        try LiveServer.withDatabase { source, endpoint in
            try source.execute(
                script: #"""
                    CREATE SCHEMA "odd ""one"; COMMENT ON SCHEMA "odd ""one" IS 'it''s \ odd';
                    CREATE TABLE "odd ""one"."line
                    feed; Type: x" (a int PRIMARY KEY, "größe" text CHECK ("größe" <> ''));
                    CREATE FUNCTION "odd ""one".f(a int, b text[] DEFAULT '{}') RETURNS int LANGUAGE sql AS $$
                    SELECT 1
                    -- Name: no title; Type: none; Schema: none; Owner: -
                    \restrict word
                    $$;
                    CREATE AGGREGATE public.total(int) (SFUNC = int4pl, STYPE = int); CREATE TYPE public.e AS ENUM ('a;', 'b"');
                    CREATE VIEW public.v AS SELECT a FROM "odd ""one"."line
                    feed; Type: x"; CREATE MATERIALIZED VIEW public.m AS SELECT 1 AS a; CREATE INDEX ON public.m (a);
                    CREATE STATISTICS public.s ON a, "größe" FROM "odd ""one"."line
                    feed; Type: x"; CREATE TABLE public.parts (a int) PARTITION BY LIST (a);
                    CREATE TABLE public.part PARTITION OF public.parts FOR VALUES IN (1); CREATE INDEX ON public.parts (a);
                    CREATE EXTENSION postgres_fdw SCHEMA public; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw;
                    CREATE FOREIGN TABLE public.far (a int) SERVER s; CREATE SEQUENCE public.alone;
                    CREATE ACCESS METHOD "our heap" TYPE TABLE HANDLER heap_tableam_handler;
                    CREATE TABLE public.other (a int REFERENCES "odd ""one"."line
                    feed; Type: x") USING "our heap"; CREATE TABLE public.usual (a serial) USING heap;
                    ALTER TABLE public.other ENABLE ROW LEVEL SECURITY;
                    CREATE POLICY p ON public.other USING (a > 0); CREATE PUBLICATION pub FOR TABLE public.other;
                    CREATE FUNCTION public.fire() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
                    CREATE EVENT TRIGGER early ON ddl_command_end EXECUTE FUNCTION public.fire();
                    COMMENT ON EVENT TRIGGER early IS 'fires';
                    GRANT SELECT (a) ON public.usual TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
                    CREATE RULE r AS ON DELETE TO public.usual DO INSTEAD NOTHING;
                    CREATE DOMAIN public.d AS int CHECK (VALUE > 0); CREATE COLLATION public.c (provider = libc, locale = 'C');
                    CREATE CAST (public.e AS int) WITH INOUT; CREATE TEXT SEARCH CONFIGURATION public.ts (COPY = simple);
                    """#)
            let archive = try run(
                "pg_dump",
                [
                    "-Fc", "-Z0", "--schema-only", "-h", endpoint.host, "-p", String(endpoint.port), "-U", "postgres",
                    "--encoding=\(encoding)", endpoint.database,
                ])
            #expect(try compare(archive) > 40)
        }
    }

    @Test func `what backslashes mean is set as it was`() throws {
        try LiveServer.withDatabase { source, endpoint in
            try source.execute(script: #"CREATE TABLE public.t (a text DEFAULT E'\\');"#)
            try source.query("ALTER DATABASE \(identifier: endpoint.database) SET standard_conforming_strings TO off")
            let archive = try run(
                "pg_dump",
                [
                    "-Fc", "-Z0", "--schema-only", "-h", endpoint.host, "-p", String(endpoint.port), "-U", "postgres",
                    endpoint.database,
                ])
            #expect(try !ArchiveContents(archive).hasStandardStrings)
            #expect(try compare(archive) > 0)
        }
    }
}
