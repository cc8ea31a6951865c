import LiveSupport
import Testing

@testable import Postgres
@testable import Restoring

/// Rows that a table refuses, and who may take away what refuses them.
@Suite struct RowLoadTests {
    @Test func `a check is taken away for a range that is loaded alone, and beside others the range waits`() throws {
        try LiveServer.withDatabase { connection, _ in
            try connection.execute(script: "CREATE TABLE public.t (a int CONSTRAINT late CHECK (a > 5))")
            let losses = LossList(isStrict: false), loader = RowLoad(path: nil, losses: losses, lifts: true)
            let table = RowLoad.Table(
                schema: "public", name: "t", copy: #"COPY "public"."t" ("a") FROM STDIN"#)
            let load = { (isAlone: Bool) in
                try loader.load(table, isAlone: isAlone, connection) { copy in
                    try Array("1\n9\n".utf8).withUnsafeBytes { try copy.put($0) }
                }
            }
            let checks: () throws -> Int = {
                try connection.query("SELECT count(*) AS n FROM pg_constraint WHERE conname = 'late'").only().integer(
                    "n")
            }
            // Whoever takes it away locks the table that others may just be reading, and waits for them.
            #expect(try load(false) == nil && checks() == 1)
            #expect(try load(true) == 2 && checks() == 0)
            try loader.putChecksBack(connection)
            #expect(try checks() == 1 && losses.losses.map(\.kind) == ["check constraint (for new rows only)"])
        }
    }

    @Test
    func `a table that is loaded whole needs no look at who wrote its rows, and one that refuses them stays empty`()
        throws
    {
        try LiveServer.withDatabase { connection, _ in
            try connection.execute(
                script: """
                    CREATE EXTENSION pg_visibility SCHEMA public;
                    CREATE TABLE public.t (a int CHECK (a < 5))
                    """)
            let loader = RowLoad(path: nil, losses: LossList(isStrict: false), lifts: true)
            let table = RowLoad.Table(
                schema: "public", name: "t", copy: #"COPY "public"."t" ("a") FROM STDIN"#)
            let load = { (ranges: [String]) in
                try loader.loadWhole(table, ranges: ranges.count, connection) { range, copy in
                    try Array(ranges[range].utf8).withUnsafeBytes { try copy.put($0) }
                }
            }
            let pages: () throws -> [Int] = {
                let row = try connection.query(
                    """
                    SELECT pg_relation_size('public.t') / 8192 AS pages, all_frozen
                    FROM public.pg_visibility_map_summary('public.t')
                    """
                ).only()
                return [try row.integer("pages"), try row.integer("all_frozen")]
            }
            // The second range is refused: the first is taken back, and the session can go on.
            #expect(try load(["1\n2\n", "3\n9\n"]) == nil && pages() == [0, 0])
            #expect(try connection.query("SELECT FROM public.t").count == 0)
            #expect(try load(["1\n2\n", "3\n"]) == 3 && pages() == [1, 1])
            #expect(try connection.query("SELECT FROM public.t").count == 3)
        }
    }
}
