import Effects
import Faults
import LiveSupport
import Processes
import TestSupport
import Testing

@testable import Postgres

/// The table of contents of archives that `pg_dump` wrote.
@Suite struct ArchiveContentsTests {
    private static let script = #"""
        CREATE SCHEMA "odd ""schema"; CREATE TABLE "odd ""schema"."line
        feed; x y" (a serial PRIMARY KEY, "größe" text);
        CREATE TABLE public.identity (a int GENERATED ALWAYS AS IDENTITY);
        CREATE TABLE public.parts (a int) PARTITION BY LIST (a);
        CREATE TABLE public.part PARTITION OF public.parts FOR VALUES IN (1);
        CREATE UNLOGGED TABLE public.quick (a int); CREATE TABLE public.none ();
        CREATE VIEW public.v AS SELECT a FROM public.parts; CREATE MATERIALIZED VIEW public.m AS SELECT 1 AS a;
        CREATE VIEW public.twin AS SELECT 1 AS a; CREATE OR REPLACE VIEW public.twin AS SELECT a FROM public.v;
        CREATE EXTENSION postgres_fdw SCHEMA public; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw;
        CREATE FOREIGN TABLE public.far (a int) SERVER s; CREATE SEQUENCE public.alone; CREATE TYPE public.c AS (x int);
        """#

    private func archive(_ endpoint: Endpoint, _ options: [String] = []) throws -> [UInt8] {
        try ProcessRunner(effects: Effects(), cancellation: Cancellation()).run(
            CommandSpec(
                "pg_dump",
                ["-Fc", "-Z0", "--schema-only", "-h", endpoint.host, "-p", String(endpoint.port), "-U", "postgres"]
                    + options,
                environment: CommandSpec.inherited(["PATH"]).merging(["PGDATABASE": .plain(endpoint.database)]) { $1 },
                output: .collected(limit: 1 << 26)), deadline: .seconds(60)
        ).succeeded().output
    }

    private func withDatabase(_ body: (Connection, Endpoint) throws -> Void) throws {
        try LiveServer.withDatabase { connection, endpoint in
            try connection.execute(script: Self.script)
            try body(connection, endpoint)
        }
    }

    @Test func `everything that pg_dump describes is found, whatever it is called`() throws {
        try withDatabase { connection, endpoint in
            let contents = try ArchiveContents(try archive(endpoint)), relations = try Catalog.relations(connection)
            #expect(relations.count == 13)
            #expect(contents.difference(from: relations, comparesNames: true) == nil)
            #expect(contents.entries.contains { $0.description == "TABLE" && $0.name == "line\nfeed; x y" })
        }
    }

    @Test(arguments: [
        ("--exclude-table=public.part", [#""public"."part""#]), ("--schema=public", ["line"]),
        ("--exclude-table=public.alone", [#""public"."alone""#]), ("--exclude-table=public.far", ["far"]),
        ("--exclude-table=public.v", [#""public"."v""#]), ("--exclude-schema=public", ["identity", "parts"]),
    ]) func `what an option left out is named`(option: String, names: [String]) throws {
        try withDatabase { connection, endpoint in
            let contents = try ArchiveContents(try archive(endpoint, [option]))
            let found = try #require(
                contents.difference(from: try Catalog.relations(connection), comparesNames: true))
            for name in names { #expect(found.missing.contains { $0.contains(name) }, "\(found)") }
            #expect(found.unknown.isEmpty)
        }
    }

    @Test func `what the backup does not know, or knows under another name, is named`() throws {
        try withDatabase { connection, endpoint in
            let before = try Catalog.relations(connection), bytes = try archive(endpoint)
            let contents = try ArchiveContents(bytes)
            let without = contents.difference(from: before.filter { $0.name != "part" }, comparesNames: true)
            #expect(without == .init(missing: [], unknown: [#""public"."part""#]))
            try connection.query("ALTER TABLE public.part RENAME TO piece")
            let renamed = try Catalog.relations(connection)
            #expect(contents.difference(from: renamed, comparesNames: false) == nil)
            #expect(
                contents.difference(from: renamed, comparesNames: true)
                    == .init(missing: [#""public"."piece""#], unknown: [#""public"."part""#]))
        }
    }

    @Test func `what an extension made is not looked for`() throws {
        try LiveServer.withDatabase { connection, endpoint in
            try connection.execute(
                script: """
                    CREATE TABLE public.own (a int); CREATE TABLE public.made (a int); CREATE EXTENSION pg_trgm SCHEMA public;
                    ALTER EXTENSION pg_trgm ADD TABLE public.made;
                    UPDATE pg_extension SET extconfig = ARRAY['public.made'::regclass::oid], extcondition = ARRAY['']
                    WHERE extname = 'pg_trgm'
                    """)
            let relations = try Catalog.relations(connection)
            #expect(relations.map(\.name) == ["made", "own"] && relations.map(\.isExtensionMember) == [true, false])
            let contents = try ArchiveContents(try archive(endpoint))
            #expect(contents.difference(from: relations, comparesNames: true) == nil)
        }
    }

    @Test func `names in another encoding are compared by number`() throws {
        let database = "latin_archive"
        let admin = try LiveServer.connect(LiveServer.get().endpoint())
        try admin.query(
            "CREATE DATABASE \(identifier: database) TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
        defer { do { try LiveServer.drop(database) } catch { Issue.record("\(error)") } }
        let endpoint = try LiveServer.get().endpoint(database: database)
        let connection = try LiveServer.connect(endpoint)
        try connection.query(#"CREATE TABLE public."größe" (a int)"#)
        let contents = try ArchiveContents(try archive(endpoint)), relations = try Catalog.relations(connection)
        #expect(relations.map(\.name) == ["größe"] && contents.entries.contains { $0.description == "TABLE" })
        #expect(contents.difference(from: relations, comparesNames: false) == nil)
    }

    /// Lends a database of its own in an encoding.
    private func withDatabase(
        in encoding: String, line: Int = #line, _ body: (Connection, Endpoint) throws -> Void
    ) throws {
        let database = "archive_\(encoding)_\(line)"
        let admin = try LiveServer.connect(LiveServer.get().endpoint())
        try admin.query(
            "CREATE DATABASE \(identifier: database) TEMPLATE template0 ENCODING \(literal: encoding) LOCALE 'C'")
        defer { do { try LiveServer.drop(database) } catch { Issue.record(error) } }
        let endpoint = try LiveServer.get().endpoint(database: database)
        try body(try LiveServer.connect(endpoint), endpoint)
    }

    @Test func `names that the database at hand cannot write are no failure`() throws {
        try withDatabase(in: "WIN1252") { source, endpoint in
            try source.query(#"CREATE TABLE public."preis_€" (a int)"#)
            let contents = try ArchiveContents(try archive(endpoint))
            for encoding in ["UTF8", "LATIN1", "SQL_ASCII"] {
                try withDatabase(in: encoding) { connection, _ in
                    let named = try contents.namedIfPossible(by: connection)
                    let table = try #require(named.entries.first { $0.description == "TABLE" })
                    #expect(table.name == (encoding == "UTF8" ? "preis_€" : nil))
                    if encoding != "UTF8" {
                        #expect(throws: PostgresFault.self) { try contents.named(by: connection) }
                    }
                    #expect(connection.transactionStatus == .idle)
                }
            }
        }
    }

    @Test func `a session that reads an archive is as it was, or over, when that fails`() throws {
        try withDatabase(in: "LATIN1") { source, endpoint in
            try source.query("ALTER DATABASE \(identifier: endpoint.database) SET standard_conforming_strings = off")
            let contents = try ArchiveContents(try archive(endpoint))
            #expect(contents.encoding == "LATIN1" && !contents.hasStandardStrings)
            try LiveServer.withDatabase { connection, _ in
                var seen: [String] = []
                func look() throws {
                    for name in ["client_encoding", "standard_conforming_strings"] {
                        seen.append(try connection.query("SHOW \(raw: name)").only().string(name))
                    }
                }
                #expect(throws: TestProblem.self) {
                    try connection.reading(contents) {
                        try look()
                        throw TestProblem("stop")
                    }
                }
                try look()
                #expect(seen == ["LATIN1", "off", "UTF8", "on"])
                #expect(throws: PostgresFault.self) {
                    try connection.reading(contents) {
                        try connection.query("BEGIN")
                        try connection.query("SELECT nothing")
                    }
                }
                #expect(connection.transactionStatus == .unknown)
            }
        }
    }

    // MARK: - Versions

    /// The same archive as a later version writes it. Only what comes before the entries, and one number in each, differs.
    private func later(_ archive: [UInt8], minor: UInt8) -> [UInt8] {
        var bytes = archive
        bytes[6] = minor
        // Compression: an integer of five bytes becomes one byte.
        bytes.replaceSubrange(11..<16, with: [0])
        guard minor >= 16 else { return bytes }
        var place = 12 + 7 * 5
        func integer() -> Int {
            let value = (1...4).reversed().reduce(0) { $0 << 8 | Int(bytes[place + $1]) }
            defer { place += 5 }
            return bytes[place] == 0 ? value : -value
        }
        @discardableResult func text() -> Bool {
            let length = integer()
            place += max(0, length)
            return length >= 0
        }
        for _ in 0..<3 { text() }
        for _ in 0..<integer() {
            _ = integer()
            _ = integer()
            for _ in 0..<4 { text() }
            _ = integer()
            for _ in 0..<6 { text() }
            bytes.insert(contentsOf: [0, UInt8(ascii: "r"), 0, 0, 0], at: place)
            place += 5
            for _ in 0..<2 { text() }
            while text() {}
            place += 9
        }
        return bytes
    }

    @Test func `archives of PostgreSQL 16 and 17 say the same`() throws {
        try withDatabase { connection, endpoint in
            let archive = try archive(endpoint), relations = try Catalog.relations(connection)
            #expect(archive[6] == 14)
            let entries = try ArchiveContents(archive).entries
            for minor in [15, 16] as [UInt8] {
                let contents = try ArchiveContents(later(archive, minor: minor))
                #expect(contents.entries == entries)
                #expect(contents.difference(from: relations, comparesNames: true) == nil)
            }
        }
    }

    @Test func `what is newer, cut off, or something else is told apart and never read beyond its end`() throws {
        try withDatabase { _, endpoint in
            let archive = try archive(endpoint)
            let problem = { (bytes: [UInt8]) -> ArchiveContents.Problem? in
                do throws(ArchiveContents.Problem) { _ = try ArchiveContents(bytes) } catch { return error }
                return nil
            }
            var other = archive
            other[6] = 17
            #expect(problem(other) == .unknownVersion("1.17.0"))
            other[5] = 2
            #expect(problem(other) == .unknownVersion("2.17.0"))
            #expect(problem([]) == .damaged && problem(Array("PGDMP".utf8)) == .damaged)
            #expect(problem(Array("-- PostgreSQL database dump\n".utf8)) == .damaged)
            for length in stride(from: 0, to: archive.count - 1, by: 7) {
                // The last bytes are of the last entry.
                #expect(problem(Array(archive[..<length])) != nil || length > archive.count - 16, "\(length)")
            }
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<3_000 {
                var bytes = archive
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    bytes[Int.random(in: 5..<bytes.count, using: &generator)] = UInt8.random(
                        in: 0...255, using: &generator)
                }
                _ = problem(bytes)
            }
        }
    }

    @Test func `the partitions of a table are known, at any depth`() throws {
        try LiveServer.withDatabase { connection, endpoint in
            try connection.execute(
                script: """
                    SET search_path = public; CREATE SCHEMA other;
                    CREATE TABLE "Parts" (a int, b int) PARTITION BY LIST (a);
                    CREATE TABLE other."Parts" PARTITION OF "Parts" FOR VALUES IN (1);
                    CREATE TABLE "in between" PARTITION OF "Parts" FOR VALUES IN (2) PARTITION BY LIST (b);
                    CREATE TABLE deep PARTITION OF "in between" DEFAULT;
                    CREATE TABLE alone (a int); CREATE TABLE heir () INHERITS (alone);
                    """)
            let contents = try ArchiveContents(try archive(endpoint))
            let found = { (schema: String, name: String) in
                contents.partitions(schema: schema, name: name).map { "\($0.schema ?? "").\($0.name ?? "")" }.sorted()
            }
            #expect(found("public", "Parts") == ["other.Parts", "public.deep", "public.in between"])
            #expect(found("public", "in between") == ["public.deep"])
            #expect(found("public", "alone").isEmpty && found("public", "nowhere").isEmpty)
            #expect(contents.tables.count == 6)
        }
    }
}
