import Effects
import Faults
import LiveSupport
import Processes
import Testing

@testable import Postgres
@testable import Restoring

/// Archives of `pg_dump`, run entry by entry.
@Suite struct SchemaLoadTests {
    private func archive(
        _ database: String, _ more: [String] = [], _ environment: [String: EnvironmentValue] = [:]
    ) throws -> ArchiveContents {
        let server = try LiveServer.get()
        let bytes = try ProcessRunner(effects: Effects(), cancellation: Cancellation()).run(
            CommandSpec(
                "pg_dump",
                ["-Fc", "-Z0", "--schema-only", "-h", server.folder, "-p", String(server.port), "-U", "postgres"]
                    + more,
                environment: CommandSpec.inherited(["PATH"]).merging(["PGDATABASE": .plain(database)]) { $1 }
                    .merging(environment) { $1 },
                output: .collected(limit: 1 << 26)), deadline: .seconds(60)
        ).succeeded().output
        return try #require(try SchemaLoad.contents(bytes))
    }

    /// Makes a database, and one out of its archive.
    ///
    /// - Parameters:
    ///   - meanwhile: what is run in the first one when the archive is there.
    ///   - user: who owns the second one and makes what is in it.
    private func copy(
        _ script: String, strict: Bool = false, noOwner: Bool = false, meanwhile: String? = nil, user: String? = nil,
        dumping environment: [String: EnvironmentValue] = [:], _ check: (LossList, Connection) throws -> Void
    ) throws {
        try LiveServer.withDatabase { source, endpoint in
            try source.execute(script: script)
            let contents = try archive(endpoint.database, [], environment), losses = LossList(isStrict: strict)
            if let meanwhile { try source.execute(script: meanwhile) }
            let name = try LiveServer.makeDatabase(template: "template0")
            defer { do { try LiveServer.drop(name) } catch { Issue.record(error) } }
            var endpoint = endpoint.with(database: name)
            if let user {
                try source.query("ALTER DATABASE \(identifier: name) OWNER TO \(identifier: user)")
                endpoint.user = user
            }
            let target = endpoint
            let open: SchemaLoad.Opening = { role, cancellation in
                try Connection.open(target, role: role, use: .writing, effects: Effects(), cancellation: cancellation)
            }
            let connection = try open("schema", Cancellation())
            defer { connection.close() }
            var options = SchemaLoad.Options()
            options.jobs = 2
            options.path = SearchPath(nil)
            options.noOwner = noOwner
            let load = try SchemaLoad(
                contents, options, losses: losses, cancellation: Cancellation(), connection, open: open)
            try load.makeTables(connection)
            try load.makeIndexes { _ in 0 }
            try load.grantRights(connection)
            try load.finish(connection)
            try check(losses, connection)
        }
    }

    @Test func `owners, rights, comments and every kind of object come as with pg_restore`() throws {
        try copy(
            #"""
            CREATE SCHEMA "odd ""one"; CREATE TABLE "odd ""one".t (a int PRIMARY KEY, b text CHECK (b <> ''));
            CREATE FUNCTION "odd ""one".f(a int, b text[] DEFAULT '{}') RETURNS int LANGUAGE sql AS 'SELECT 1';
            CREATE AGGREGATE public.total(int) (SFUNC = int4pl, STYPE = int); CREATE TYPE public.e AS ENUM ('a;', 'b"');
            CREATE VIEW public.v AS SELECT a FROM "odd ""one".t; CREATE INDEX ON "odd ""one".t (b);
            CREATE PROCEDURE public.p() LANGUAGE sql AS 'SELECT 1'; CREATE STATISTICS public.s ON a, b FROM "odd ""one".t;
            CREATE TABLE public.parts (a int) PARTITION BY LIST (a);
            CREATE TABLE public.part PARTITION OF public.parts FOR VALUES IN (1); CREATE INDEX ON public.parts (a);
            ALTER TABLE "odd ""one".t OWNER TO pg_monitor; ALTER FUNCTION "odd ""one".f OWNER TO pg_monitor;
            ALTER AGGREGATE public.total(int) OWNER TO pg_monitor; ALTER VIEW public.v OWNER TO pg_monitor;
            ALTER TYPE public.e OWNER TO pg_monitor; ALTER STATISTICS public.s OWNER TO pg_monitor;
            ALTER PROCEDURE public.p OWNER TO pg_monitor; ALTER SCHEMA public OWNER TO pg_monitor;
            GRANT SELECT (a) ON "odd ""one".t TO PUBLIC; COMMENT ON COLUMN "odd ""one".t.a IS 'it''s';
            """#
        ) { losses, connection in
            #expect(losses.losses.isEmpty && losses.notes.isEmpty)
            let owned = try connection.query(
                """
                SELECT (SELECT count(*) FROM pg_class WHERE relowner = 'pg_monitor'::regrole AND relkind IN ('r', 'v'))
                    + (SELECT count(*) FROM pg_proc WHERE proowner = 'pg_monitor'::regrole)
                    + (SELECT count(*) FROM pg_type WHERE typowner = 'pg_monitor'::regrole AND typtype = 'e')
                    + (SELECT count(*) FROM pg_statistic_ext WHERE stxowner = 'pg_monitor'::regrole)
                    + (SELECT count(*) FROM pg_namespace WHERE nspowner = 'pg_monitor'::regrole) AS owned,
                    (SELECT count(*) FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid >= 16384) AS rights,
                    (SELECT count(*) FROM pg_description WHERE objoid >= 16384) AS comments,
                    (SELECT count(*) FROM pg_inherits) AS parts
                """
            ).only()
            #expect(try owned.integer("owned") == 8 && owned.integer("rights") == 1)
            #expect(try owned.integer("comments") == 1 && owned.integer("parts") == 2)
        }
    }

    @Test func `a refused object and what is said of it are left out, or end a strict restore`() throws {
        let script = """
            CREATE EXTENSION pg_buffercache SCHEMA public; COMMENT ON EXTENSION pg_buffercache IS 'x'; CREATE TABLE public.t (a int);
            UPDATE pg_extension SET extname = 'not_here' WHERE extname = 'pg_buffercache';
            """
        try copy(script) { losses, connection in
            let all = losses.losses
            #expect(all.map(\.kind) == ["extension"] && all.first?.name == "not_here" && all.first?.sqlState == "0A000")
            let table = try connection.query("SELECT to_regclass('public.t')::text AS name").only().stringIfAny("name")
            #expect(table == "public.t")
        }
        let refused = try #require(throws: RestoringFault.self) { try copy(script, strict: true) { _, _ in } }
        #expect(refused.code == "restore.object-refused" && refused.message.contains("extension not_here"))
    }

    @Test func `rights to a column do not go with those to its table`() throws {
        let gone = "gone_\(UInt32.random(in: 0...UInt32.max))", stays = "stays\(gone)"
        let script = """
            CREATE ROLE \(gone); CREATE ROLE \(stays); CREATE TABLE public.t (a int, b int);
            GRANT SELECT ON public.t TO \(gone); GRANT SELECT (a) ON public.t TO \(stays);
            """
        try copy(script, meanwhile: "DROP OWNED BY \(gone); DROP ROLE \(gone)") { losses, connection in
            #expect(
                losses.losses.map(\.text) == ["acl public.TABLE t: role \"\(gone)\" does not exist (SQLSTATE 42704)"])
            let may = try connection.query("SELECT has_column_privilege(\(stays), 'public.t', 'a', 'SELECT') AS may")
            #expect(try may.only().bool("may"))
            try connection.execute(script: "DROP OWNED BY \(stays)")
        }
        try LiveServer.connect(try LiveServer.get().endpoint()).query("DROP ROLE \(identifier: stays)")
    }

    @Test func `rights that another role gave are a loss to an owner who may not speak in its name`() throws {
        let owner = "owner_\(UInt32.random(in: 0...UInt32.max))", other = "other\(owner)"
        let script = """
            CREATE ROLE \(owner) LOGIN; CREATE ROLE \(other); CREATE TABLE public.t (a int); ALTER TABLE public.t OWNER TO \(owner);
            GRANT SELECT ON public.t TO \(other) WITH GRANT OPTION;
            SET ROLE \(other); GRANT SELECT ON public.t TO PUBLIC; RESET ROLE;
            """
        try copy(script, user: owner) { losses, connection in
            #expect(losses.losses.map(\.kind) == ["acl"] && losses.losses.first?.sqlState == "42501")
            let table = try connection.query("SELECT to_regclass('public.t')::text AS name").only().stringIfAny("name")
            #expect(table == "public.t")
        }
        let session = try LiveServer.connect(try LiveServer.get().endpoint())
        for role in [owner, other] { try session.query("DROP ROLE \(identifier: role)") }
    }

    @Test func `without owners the policy of a missing role is left out, and one that lacks a type is lost`() throws {
        let gone = "gone_\(UInt32.random(in: 0...UInt32.max))"
        let script = """
            CREATE ROLE \(gone); CREATE EXTENSION citext SCHEMA public; CREATE TABLE public.t (a text);
            CREATE POLICY for_gone ON public.t TO \(gone) USING (true);
            CREATE POLICY by_type ON public.t USING (a::public.citext = 'x');
            UPDATE pg_extension SET extname = 'not_here' WHERE extname = 'citext';
            """
        let meanwhile = "DROP POLICY for_gone ON public.t; DROP ROLE \(gone)"
        try copy(script, noOwner: true, meanwhile: meanwhile) { losses, _ in
            #expect(losses.losses.map(\.name) == ["not_here", "public.t by_type"], "\(losses.losses.map(\.text))")
            #expect(losses.notes.count == 1 && losses.notes.first?.contains("policy public.t for_gone") == true)
        }
        // With owners both are.
        try copy(script, meanwhile: meanwhile) { losses, _ in
            #expect(Set(losses.losses.map(\.name)).isSuperset(of: ["public.t by_type", "public.t for_gone"]))
        }
    }

    @Test func `an archive says what a backslash means in it`() throws {
        let script = #"CREATE TABLE public.t (a int); COMMENT ON TABLE public.t IS E'a\\b''c'"#
        for value in ["on", "off"] {
            let environment: [String: EnvironmentValue] = [
                "PGOPTIONS": .plain("-c standard_conforming_strings=\(value)")
            ]
            try copy(script, dumping: environment) { losses, connection in
                let comment = try connection.query("SELECT obj_description('public.t'::regclass) AS comment").only()
                #expect(try losses.losses.isEmpty && comment.string("comment") == #"a\b'c"#, "\(value)")
                let setting = try connection.query("SELECT current_setting('standard_conforming_strings') AS now")
                #expect(try setting.only().string("now") == "on")
            }
        }
    }

    @Test(arguments: [
        ("fd.c", true), ("md.c", true), ("tablespace.c", true), ("varsup.c", true), ("slru.c", true),
        ("aclchk.c", false),
        ("heap.c", false), (nil, false),
    ]) func `what comes from files or transaction numbers is no refusal of an object`(source: String?, isStorage: Bool)
    {
        #expect(Refusal.isOfStorage(source: source) == isStorage)
    }

    @Test(arguments: [
        ("Key (a)=(b) is duplicated.", "Key (a)=(***) is duplicated."),
        ("Key (a, b)=(x, ) (y) is not present in table \"t\".", "Key (a, b)=(***) is not present in table \"t\"."),
        ("Key (a)=(1) conflicts with key (a)=(2).", "Key (a)=(***)."),
        ("Schlüssel »(a)=(b)« existiert doppelt.", "Schlüssel »(a)=(***)« existiert doppelt."),
    ]) func `values in a DETAIL are masked`(detail: String, masked: String) {
        #expect(Refusal.masked(detail) == masked)
    }

    @Test func `a DETAIL of another form is not shown`() {
        #expect(Refusal.masked("Failing row contains (secret).") == nil && Refusal.masked(")=(") == nil)
    }

    @Test(arguments: [
        ("0A000", true), ("22012", true), ("23505", true), ("3F000", true), ("42501", true), ("42704", true),
        ("54000", true), ("55000", true), ("58P01", true), ("P0001", true), ("08006", false), ("40P01", false),
        ("53100", false), ("53400", false), ("55P03", false), ("57P01", false), ("58030", false), ("XX000", false),
    ]) func `a SQLSTATE says whether a reason lies in the object`(state: String, isOfObject: Bool) {
        #expect(Refusal.isOfObject(state) == isOfObject)
    }

    @Test(arguments: [
        (nil, #"'"$user", "public"'"#),
        ("\"odd, \"\"one\", pg_catalog, b", #"'"odd, ""one", "b"'"#),
        (#""a'\b""#, #"E'"a''\\b"'"#),
        (
            #""pfäd", "a'\b""#,
            "pg_catalog.convert_from(pg_catalog.decode('227066c3a464222c202261275c6222', 'hex'), 'UTF8')"
        ),
    ]) func `PostgreSQL's own schema stays the first of a search path`(setting: String?, list: String) throws {
        let path = try #require(SearchPath(setting))
        #expect(
            String(decoding: path.statement, as: UTF8.self)
                == "SELECT pg_catalog.set_config('search_path', \(list), true);\n")
        #expect(SearchPath("pg_catalog") == nil && SearchPath("") == nil)
    }
}
