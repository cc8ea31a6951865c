import CopyFormat
import LiveSupport
import Testing

@testable import Postgres

/// The list of types that are copied in binary form, against the catalog and the functions of a real server.
@Suite struct BinaryFormatTests {
    @Test func `every type exists in the server with the number it is listed with`() throws {
        let connection = try LiveServer.connect(LiveServer.get().endpoint())
        let rows = try connection.query(
            """
            SELECT t.typname, t.oid, t.typarray, t.typtype, t.typsend <> 0 AND t.typreceive <> 0 AS binary, a.typname AS array_name,
                   a.typtype AS array_kind
            FROM pg_type t JOIN pg_type a ON a.oid = t.typarray WHERE t.typnamespace = 'pg_catalog'::regnamespace
            """)
        var found: [String: Rows.Row] = [:]
        for row in rows { found[try row.string("typname")] = row }
        for (name, oid, array) in BinaryFormat.types {
            let row = try #require(found[name], "\(name)")
            #expect(try row.integer("oid") == oid, "\(name)")
            #expect(try row.integer("typarray") == array, "\(name)")
            #expect(try ["b", "r", "m"].contains(row.string("typtype")), "\(name)")
            #expect(try row.bool("binary") && row.string("array_kind") == "b", "\(name)")
            #expect(BinaryFormat.isStable(oid) && BinaryFormat.isStable(array))
        }
        #expect(Set(BinaryFormat.types.flatMap { [$0.oid, $0.array] }).count == 2 * BinaryFormat.types.count)
    }

    @Test func `the built-in types that are left out are left out on purpose`() throws {
        let connection = try LiveServer.connect(LiveServer.get().endpoint())
        let rows = try connection.query(
            """
            SELECT oid, typname FROM pg_type
            WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm') AND typarray <> 0 ORDER BY 2
            """)
        let names = try rows.filter { try !BinaryFormat.isStable($0.integer("oid")) }.map { try $0.string("typname") }
        // Object ids, texts that settings rewrite or that name roles, what only the catalog uses, and types whose binary form
        // the server does not read back.
        let expected: Set = [
            "aclitem", "gtsvector", "int2vector", "oidvector", "refcursor", "regclass", "regcollation", "regconfig",
            "regdictionary",
            "regnamespace", "regoper", "regoperator", "regproc", "regprocedure", "regrole", "regtype", "tsquery", "xml",
        ]
        #expect(Set(names) == expected)
    }

    @Test func `what the database defines itself is never stable`() throws {
        try LiveServer.withDatabase { connection, _ in
            try connection.execute(
                script: """
                    SET search_path = public; CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN positive AS int;
                    CREATE TYPE pair AS (a int); CREATE TYPE span AS RANGE (subtype = float8);
                    CREATE TABLE t (m mood, d positive, p pair, s span, ms mood[], ds positive[]);
                    """)
            let table = try connection.relation("t")
            for column in table.columns { #expect(!BinaryFormat.isStable(column.typeOID), "\(column.name)") }
        }
    }

    /// Values of each type, as SQL literals.
    private static let samples: [String: [String]] = {
        let ranges: [String: (String, String)] = [
            "int4range": ("1", "10"), "int8range": ("-9223372036854775808", "5"), "numrange": ("-1.50", "NaN"),
            "tsrange": ("2000-01-01", "infinity"), "tstzrange": ("-infinity", "2000-01-01 00:00+05"),
            "daterange": ("2000-01-01", "2000-02-01"),
        ]
        var samples: [String: [String]] = [
            "bool": ["t", "f"], "bytea": ["\\x", "\\x00ff5c27220a"], "char": ["x", ""], "name": ["a name", ""],
            "int8": ["9223372036854775807", "-9223372036854775808"], "int2": ["-32768", "32767"],

            "int4": ["-2147483648", "0"], "text": ["", "ä\n\\N\t", "😀"], "oid": ["0", "4294967295"],
            "tid": ["(4294967295,65535)", "(0,0)"],
            "xid": ["4294967295"], "cid": ["4294967295"],
            "json": ["{\"a\" : [1,2 ],\"a\":1e400}"],
            "point": ["(1.5,-0)", "(NaN,Infinity)"], "lseg": ["[(0,0),(1,1)]"],
            "path": ["[(0,0),(1,1)]", "((0,0),(1,1),(2,0))"],
            "box": ["(2,2),(1,1)"], "polygon": ["((0,0),(1,1),(2,0))"], "line": ["{1,-1,0}"],
            "cidr": ["2001:db8::/32", "10.0.0.0/8"],
            "float4": ["NaN", "-0", "1.4e-45", "Infinity"], "float8": ["-0", "5e-324", "-Infinity", "NaN"],
            "circle": ["<(1,2),3.5>"],
            "macaddr8": ["08:00:2b:01:02:03:04:05"], "money": ["92233720368547758.07", "-0.01"],
            "macaddr": ["08:00:2b:01:02:03"],
            "inet": ["192.168.1.7/24", "::1"], "bpchar": ["a ", ""], "varchar": ["", "é"],
            "date": ["infinity", "4714-11-24 BC", "5874897-12-31"],
            "time": ["24:00:00", "00:00:00.000001"], "timestamp": ["294276-12-31 23:59:59.999999", "-infinity"],
            "timestamptz": ["4714-11-24 00:00:00+00 BC", "infinity"],
            "interval": ["178000000 years 11 mons -40 days 23:59:59.999999"],
            "timetz": ["23:59:59.999999-15:59", "00:00+15:59"], "bit": ["1"], "varbit": ["", "10101"],
            "numeric": ["NaN", "Infinity", "-Infinity", "0.000", "1e131071", "-1e-16383", "12345.6789"],
            "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"], "txid_snapshot": ["10:20:10,14,15"],
            "pg_lsn": ["FFFFFFFF/FFFFFFFF"],
            "tsvector": ["a:1A fat:2B,4C cat:5", ""],
            "jsonb": ["{\"k\": [1, 2.50, null]}", "null"],
            "jsonpath": ["strict $.\"a\"[*]?(@.\"b\" > 1).\"c\""], "xid8": ["18446744073709551615"],
            "pg_snapshot": ["10:20:10,14,15"],
        ]
        for (name, (low, high)) in ranges {
            samples[name] = ["[\(low),\(high))", "empty", "(,)"]
            samples[name.replacing("range", with: "multirange")] = ["{[\(low),\(high))}", "{}", "{(,)}"]
        }
        return samples
    }()

    @Test func `values and arrays of every type come back with the same bytes`() throws {
        try LiveServer.withDatabase { connection, _ in
            for (name, _, _) in BinaryFormat.types {
                do { try roundTrip(name, try #require(Self.samples[name]), connection) } catch {
                    Issue.record("\(name): \(error)")
                }
            }
        }
    }

    private func roundTrip(_ name: String, _ values: [String], _ connection: Connection) throws {
        let type = "pg_catalog.\(Quoting.identifier(name))"
        try connection.execute(
            script: """
                DROP TABLE IF EXISTS public.a, public.b;
                CREATE TABLE public.a (v \(type), l \(type)[]); CREATE TABLE public.b (LIKE public.a)
                """)
        for value in values {
            try connection.query(
                "INSERT INTO public.a VALUES (\(value)::text::\(raw: type), ARRAY[NULL, \(value)::text]::\(raw: type)[])"
            )
        }
        try connection.query("INSERT INTO public.a VALUES (NULL, '{}'), (NULL, NULL)")
        let table = try connection.relation("a"), other = try connection.relation("b")
        #expect(table.copiesBinary)
        let stream = try connection.messages(CopyStatement(table).toStandardOutput).flatMap { $0 }
        #expect(try connection.load(stream, CopyStatement(other).fromStandardInput) == Int64(values.count + 2))
        #expect(try connection.messages(CopyStatement(other).toStandardOutput).flatMap { $0 } == stream, "\(name)")
        // The same in text, so that no value was changed on both ways.
        let text = try connection.messages(CopyStatement(table, isBinary: false).toStandardOutput)
        #expect(try connection.messages(CopyStatement(other, isBinary: false).toStandardOutput) == text, "\(name)")
    }
}
