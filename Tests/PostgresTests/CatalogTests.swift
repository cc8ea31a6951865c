import LiveSupport
import Postgres
import Testing

@Suite struct CatalogTests {
    private func with(_ script: String, _ body: (Connection, [Relation]) throws -> Void) throws {
        try LiveServer.withDatabase { connection, _ in
            try connection.execute(script: script)
            try connection.query("SET search_path = ''")
            try body(connection, try Catalog.relations(connection))
        }
    }

    @Test func `an empty database has no relations`() throws {
        try with("SELECT 1") { _, relations in #expect(relations.isEmpty) }
    }

    @Test func `every kind of relation is listed as what it is, ordered by schema and name`() throws {
        let script = """
            SET search_path = public; CREATE SCHEMA "A";
            CREATE TABLE "A".z (a int); CREATE TABLE b (a int); CREATE TABLE "B" (a int); CREATE UNLOGGED TABLE u (a int);
            CREATE TABLE parts (a int) PARTITION BY LIST (a); CREATE TABLE part PARTITION OF parts DEFAULT;
            CREATE TABLE heir () INHERITS (b); CREATE VIEW v AS SELECT 1 AS a; CREATE MATERIALIZED VIEW m AS SELECT 1 AS a;
            CREATE MATERIALIZED VIEW n AS SELECT 1 AS a WITH NO DATA; CREATE SEQUENCE s; CREATE INDEX i ON b (a);
            CREATE TYPE pair AS (a int, b int); CREATE TEMPORARY TABLE gone (a int);
            CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
            CREATE FOREIGN TABLE f (a int) SERVER nowhere;
            """
        try with(script) { _, relations in
            let kinds = relations.map { "\($0.schema).\($0.name) \($0.kind.rawValue)\($0.persistence.rawValue)" }
            #expect(
                kinds == [
                    "A.z rp", "public.B rp", "public.b rp", "public.f fp", "public.heir rp", "public.m mp",
                    "public.n mp",
                    "public.part rp", "public.parts pp", "public.s Sp", "public.u ru", "public.v vp",
                ])
            #expect(relations.filter(\.isPartition).map(\.name) == ["part"])
            #expect(relations.filter { !$0.isPopulated }.map(\.name) == ["n"])
            #expect(relations.filter(\.holdsRows).map(\.name) == ["z", "B", "b", "heir", "part", "u"])
            #expect(relations.filter(\.needsLock).map(\.name) == ["z", "B", "b", "heir", "part", "parts", "u"])
            #expect(Set(relations.map(\.oid)).count == relations.count)
            #expect(relations.allSatisfy { ($0.fileNode == 0) == ["f", "parts", "v"].contains($0.name) })
            #expect(relations.allSatisfy(\.isReadable) && relations.allSatisfy { !$0.hasRowSecurity })
        }
    }

    @Test func `columns are those that can be read, with type, kind and collation`() throws {
        let script = """
            SET search_path = public; CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN posint AS int; CREATE TYPE pair AS (a int);
            CREATE COLLATION "Sor""t" FROM "C";
            CREATE TABLE t (gone int, id int GENERATED ALWAYS AS IDENTITY, n numeric(10, 2), g int GENERATED ALWAYS AS (1) STORED,
                m mood, d posint, p pair, r int4range, mr int4multirange, a text[], c text COLLATE "C", s text COLLATE "Sor""t",
                plain text);
            ALTER TABLE t DROP gone;
            CREATE TABLE none ();
            """
        try with(script) { connection, relations in
            let table = try #require(relations.first { $0.name == "t" })
            #expect(table.columns.map(\.name) == ["id", "n", "g", "m", "d", "p", "r", "mr", "a", "c", "s", "plain"])
            #expect(table.columns.map(\.typeKind) == ["b", "b", "b", "e", "d", "c", "r", "m", "b", "b", "b", "b"])
            #expect(table.columns[1].typeName == "numeric(10,2)" && table.columns[3].typeName == "public.mood")
            #expect(table.columns.filter(\.isGenerated).map(\.name) == ["g"])
            #expect(table.copiedColumns.map(\.name) == table.columns.map(\.name).filter { $0 != "g" })
            #expect(table.columns.compactMap(\.collation) == ["pg_catalog.\"C\"", "public.\"Sor\"\"t\""])
            #expect(!table.copiesBinary)
            let none = try #require(relations.first { $0.name == "none" })
            #expect(none.columns.isEmpty && none.copiesBinary)
            let empty = TableSize(heap: 0, toast: 0)
            #expect(try Catalog.sizes(of: [none.oid, table.oid], connection) == [none.oid: empty, table.oid: empty])
        }
    }

    @Test func `a name is read as it is`() throws {
        let names = QuotingTests.names
        let script = names.enumerated().map { index, name in
            let schema = Quoting.identifier("s\(index) \(name.prefix(40))")
            return
                "CREATE SCHEMA \(schema); CREATE TABLE \(schema).\(Quoting.identifier(name)) (\(Quoting.identifier(name)) int);"
        }
        try with(script.joined()) { connection, relations in
            #expect(relations.count == names.count)
            for (index, name) in names.enumerated() {
                let table = try #require(relations.first { $0.schema.hasPrefix("s\(index) ") })
                #expect(table.schema == "s\(index) \(name.prefix(40))" && table.name == name)
                #expect(table.columns.map(\.name) == [name])
                #expect(try connection.number("SELECT count(*) AS n FROM \(raw: table.quotedName)") == 0)
            }
        }
    }

    @Test func `members of an extension are left out, its configuration tables are not`() throws {
        let script = """
            CREATE EXTENSION hstore SCHEMA public;
            CREATE TABLE public.member (a int); CREATE TABLE public.settings (a int); CREATE TABLE public.zones (a int);
            CREATE SEQUENCE public.counts;
            ALTER EXTENSION hstore ADD TABLE public.member; ALTER EXTENSION hstore ADD TABLE public.settings;
            ALTER EXTENSION hstore ADD TABLE public.zones; ALTER EXTENSION hstore ADD SEQUENCE public.counts;
            UPDATE pg_extension SET extconfig = ARRAY['public.settings'::regclass::oid, 'public.zones'::regclass],
                extcondition = ARRAY['', 'WHERE a > 7'] WHERE extname = 'hstore';
            CREATE TABLE public.own (a int);
            """
        try with(script) { connection, relations in
            #expect(relations.map(\.name) == ["own", "settings", "zones"])
            #expect(relations.map(\.condition) == ["", "", "WHERE a > 7"])
            let extensions = try Catalog.describe(connection).extensions
            #expect(extensions == ["hstore", "plpgsql"])
        }
    }

    @Test func `sizes are those of what still exists, with the long values apart`() throws {
        try with(
            """
            CREATE TABLE public.t (a text, b text);
            ALTER TABLE public.t ALTER b SET STORAGE EXTERNAL;
            INSERT INTO public.t SELECT repeat('x', 1000) FROM generate_series(1, 100);
            INSERT INTO public.t SELECT 'y', repeat('z', 100000)
            """
        ) { connection, relations in
            let oid = try #require(relations.first).oid
            let sizes = try Catalog.sizes(of: [oid, 4_000_000_000], connection)
            let size = try #require(sizes[oid])
            #expect(sizes.count == 1 && (13...20).contains(size.heap) && (12...20).contains(size.toast))
            #expect(size.blocks == Int(size.heap + size.toast))
        }
    }

    @Test func `materialised views come after everything they read, through views too`() throws {
        let script = """
            SET search_path = public; CREATE TABLE base AS SELECT 1 AS a;
            CREATE MATERIALIZED VIEW z_first AS SELECT a FROM base; CREATE VIEW through AS SELECT a FROM z_first;
            CREATE VIEW twice AS SELECT a FROM through; CREATE MATERIALIZED VIEW m_second AS SELECT a FROM twice;
            CREATE MATERIALIZED VIEW a_third AS SELECT m.a FROM m_second m, z_first z;
            CREATE MATERIALIZED VIEW alone AS SELECT 1 AS a;
            """
        try with(script) { connection, relations in
            let order = try Catalog.refreshOrder(of: relations, connection).map(\.name)
            #expect(Set(order) == ["z_first", "m_second", "a_third", "alone"] && order.count == 4)
            let places = Dictionary(uniqueKeysWithValues: zip(order, order.indices))
            #expect(places["z_first"] ?? 9 < places["m_second"] ?? 0)
            #expect(places["m_second"] ?? 9 < places["a_third"] ?? 0)
        }
    }

    // A view may read from itself, and two views from each other: the search must end.
    @Test func `views that read each other in a circle come once each`() throws {
        let script = """
            SET search_path = public; CREATE VIEW one AS SELECT 1 AS a; CREATE VIEW two AS SELECT a FROM one;
            CREATE OR REPLACE VIEW one AS SELECT a FROM two; CREATE MATERIALIZED VIEW m AS SELECT a FROM two WITH NO DATA;
            """
        try with(script) { connection, relations in
            let order = try Catalog.refreshOrder(of: relations, connection).map(\.name)
            #expect(order == ["m"])
        }
    }

    @Test func `sequences tell their position, however many there are`() throws {
        let many = (0..<250).map { "CREATE SEQUENCE public.s\($0) START \($0 + 1);" }.joined()
        let script =
            many + """
                CREATE SEQUENCE public."odd ""name"" é" INCREMENT -1; SELECT nextval('public."odd ""name"" é"');
                SELECT setval('public.s7', 9223372036854775807); SELECT setval('public.s8', 5, false)
                """
        try with(script) { connection, relations in
            let values = try Catalog.sequenceValues(of: relations, connection)
            #expect(values.count == 251 && values.map(\.name) == relations.map(\.name))
            let byName = Dictionary(uniqueKeysWithValues: values.map { ($0.name, $0) })
            #expect(byName["s7"] == .init(schema: "public", name: "s7", lastValue: .max, isCalled: true))
            #expect(byName["s8"] == .init(schema: "public", name: "s8", lastValue: 5, isCalled: false))
            #expect(byName["s249"] == .init(schema: "public", name: "s249", lastValue: 250, isCalled: false))
            #expect(byName["odd \"name\" é"]?.lastValue == -1)
            #expect(try Catalog.sequenceValues(of: [], connection).isEmpty)
        }
    }

    @Test func `a table counts as empty only where nothing is missing`() throws {
        try with(
            """
            SET search_path = public; CREATE TABLE empty (a text); CREATE TABLE rows (a text);
            CREATE TABLE deleted (a text); INSERT INTO rows VALUES ('x'); INSERT INTO deleted VALUES ('x');
            DELETE FROM deleted; CREATE UNLOGGED TABLE unlogged (a text); CREATE TABLE parts (a int) PARTITION BY LIST (a);
            CREATE TABLE part PARTITION OF parts DEFAULT
            """
        ) { connection, relations in
            let oids = relations.map(\.oid)
            let empty = try Catalog.certainlyEmpty(oids, connection)
            let names = relations.filter { empty.contains($0.oid) }.map(\.name)
            #expect(names == ["empty", "part", "unlogged"])
            #expect(try Catalog.certainlyEmpty([], connection).isEmpty)
            // A role that may not look at files reads everything.
            let role = "reader_\(UInt32.random(in: 0...UInt32.max))"
            try connection.query("CREATE ROLE \(identifier: role)")
            try connection.query("SET ROLE \(identifier: role)")
            #expect(try Catalog.certainlyEmpty(oids, connection).isEmpty)
            try connection.query("RESET ROLE")
            try connection.query("DROP ROLE \(identifier: role)")
        }
    }
}
