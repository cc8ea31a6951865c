import FoundationEssentials
import LiveSupport
import Postgres
import Testing

/// Names that PostgreSQL tells apart and that look the same: "é" as one character, and as "e" with an accent.
@Suite struct UnicodeNamesTests {
    private static let one = "caf\u{e9}", other = "cafe\u{301}"

    private static func count(_ database: String, _ table: String) throws -> Int {
        let connection = try LiveServer.connect(try LiveServer.get().endpoint(database: database))
        defer { connection.close() }
        return try connection.query(SQL(raw: "SELECT count(*) AS n FROM public.\(Quoting.identifier(table))")).only()
            .integer("n")
    }

    @Test func `tables and sequences whose names differ only in their Unicode form are never taken for each other`()
        throws
    {
        let instance = try OpsInstance(nil), connection = try instance.connection()
        try connection.execute(
            script: """
                CREATE TABLE "\(Self.one)" AS SELECT generate_series(1, 10) AS a;
                CREATE TABLE "\(Self.other)" AS SELECT generate_series(1, 25) AS a;
                CREATE SCHEMA "s\u{e9}" CREATE TABLE t (a int);
                CREATE SCHEMA "se\u{301}" CREATE TABLE t (a int);
                INSERT INTO "se\u{301}".t VALUES (1), (2);
                CREATE SEQUENCE "q\u{e9}"; CREATE SEQUENCE "qe\u{301}";
                SELECT setval('"q\u{e9}"', 50), setval('"qe\u{301}"', 70);
                """)
        try instance.ops("backup").expect(0)
        let drill = try instance.drill("--level", "equal")
        #expect(drill.proven == "equal" && drill.problems.isEmpty, "\(drill)")

        let database = instance.database + "_r"
        try instance.ops("restore", "latest", "--to-database", database, "--table", "public.\(Self.other)", "--yes")
            .expect(0)
        #expect(try Self.count(database, Self.other) == 25)
        #expect(try Self.count(database, Self.one) == 0)
        try LiveServer.drop(database)

        try connection.execute(
            script: """
                DELETE FROM "\(Self.other)" WHERE a = 1;
                SELECT setval('"qe\u{301}"', 71);
                """)
        try instance.ops("backup").expect(0)
        let ids = try instance.ids(), difference = try instance.ops("diff", ids[0], ids[1]).expect(0).output
        #expect(difference.contains("-1  differs"), "\(difference)")
        #expect(difference.contains("qe\u{301}: 70 -> 71"), "\(difference)")
    }
}
