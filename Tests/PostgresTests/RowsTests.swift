import LiveSupport
import Postgres
import Testing

@Suite struct RowsTests {
    private func rows(_ sql: SQL) throws -> Rows {
        try LiveServer.connect(LiveServer.get().endpoint()).query(sql)
    }

    @Test func `rows are a collection that outlives its session`() throws {
        let rows = try rows("SELECT n AS a, n * n AS b FROM generate_series(1, 5) n")
        #expect(rows.count == 5 && rows.startIndex == 0 && rows.endIndex == 5)
        #expect(try rows.map { try $0.integer("b", as: Int.self) } == [1, 4, 9, 16, 25])
        #expect(try rows.reversed().first?.string("a") == "5")
        #expect(try rows[2].integer("a", as: UInt8.self) == 3)
    }

    @Test func `no rows are an empty collection, and no row is not one row`() throws {
        let none = try rows("SELECT 1 AS a WHERE false")
        #expect(none.isEmpty && none.first == nil)
        #expect(try fault { _ = try none.only() } == .unexpectedAnswer("0 rows where one was expected"))
    }

    @Test(arguments: [
        ("SELECT NULL AS a", "no value in a"), ("SELECT 'x' AS b", "no column a in the answer"),
        ("SELECT '300' AS a", "no number in a"), ("SELECT '' AS a", "no number in a"),
        ("SELECT '-1' AS a", "no number in a"),
        ("SELECT 1.5 AS a", "no number in a"),
    ]) func `a number that is none is a fault that does not quote it`(sql: String, what: String) throws {
        let row = try rows(SQL(raw: sql)).only()
        #expect(try fault { _ = try row.integer("a", as: UInt8.self) } == .unexpectedAnswer(what))
    }

    @Test func `a truth value is t or f and nothing else`() throws {
        let row = try rows("SELECT true AS a, false AS b, 'true' AS c, NULL AS d").only()
        #expect(try row.bool("a") && !row.bool("b"))
        #expect(try fault { _ = try row.bool("c") } == .unexpectedAnswer("no truth value in c"))
        #expect(try fault { _ = try row.bool("d") } == .unexpectedAnswer("no value in d"))
    }

    @Test func `a missing value is nil, not an empty text`() throws {
        let row = try rows("SELECT NULL AS a, '' AS b, 7 AS c").only()
        #expect(try row.stringIfAny("a") == nil && row.stringIfAny("b") == "")
        #expect(try row.integerIfAny("a", as: Int.self) == nil && row.integerIfAny("c", as: Int.self) == 7)
        #expect(row.withBytes("b") { $0?.count } == 0 && row.withBytes("none") { $0 == nil })
    }

    @Test func `of two columns of one name the last one counts, and lists keep empty elements`() throws {
        let row = try rows(
            "SELECT 1 AS a, 2 AS a, array_to_string(ARRAY['', 'x', ''], chr(31)) AS l, NULL AS n, 'one' AS o"
        ).only()
        #expect(try row.string("a") == "2")
        #expect(try row.list("l") == ["", "x", ""] && row.list("n") == [] && row.list("o") == ["one"])
    }

    @Test func `affected rows are counted for statements that change them, and 0 for others`() throws {
        try LiveServer.withDatabase { connection, _ in
            let none = try connection.query("CREATE TABLE public.t (a int)").affected
            #expect(none == 0)
            #expect(try connection.query("INSERT INTO public.t SELECT generate_series(1, 7)").affected == 7)
            #expect(try connection.query("DELETE FROM public.t WHERE a > 5").affected == 2)
        }
    }
}
