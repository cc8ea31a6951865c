import LiveSupport
import Postgres
import Testing

@Suite struct SQLTests {
    @Test func `a value becomes a parameter, never text`() {
        let name = "x'; DROP TABLE users; --", none: String? = nil
        let sql: SQL =
            "SELECT \(name), \(none), \(UInt32.max), \(false) FROM \(identifier: "a\"b") WHERE \(raw: "1 = 1")"
        #expect(sql.text == "SELECT $1, $2, $3, $4 FROM \"a\"\"b\" WHERE 1 = 1")
        #expect(sql.values == [name, nil, "4294967295", "f"])
    }

    @Test func `bytes and arrays are bound in the forms that the server reads`() {
        let sql: SQL = "SELECT \(bytes: [0, 10, 255]), \(bytes: []), \(array: ["a", "", "\"", "\\", "NULL", "{,}"])"
        #expect(sql.values == ["\\x000aff", "\\x", #"{"a","","\"","\\","NULL","{,}"}"#])
    }

    @Test(arguments: QuotingTests.names) func `an array comes back element by element`(name: String) throws {
        let connection = try LiveServer.connect(LiveServer.get().endpoint())
        let row = try connection.query(
            """
            SELECT (\(array: ["first", name])::text[])[2] AS t, cardinality(\(array: [name, name])::text[]) AS n,
                   \(array: [])::text[] = '{}' AS empty
            """
        ).only()
        #expect(try row.string("t") == name)
        #expect(try row.integer("n", as: Int.self) == 2)
        #expect(try row.bool("empty"))
    }

    @Test(arguments: [
        ("SELECT 1", "SELECT"), ("\n   \t copy x to stdout", "COPY"), ("BEGIN", "BEGIN"), ("", ""), ("(SELECT 1)", ""),
        ("LOCK\nTABLE x", "LOCK"), ("\u{a0}VACUUM", "VACUUM"),
    ]) func `the first word names a statement`(text: String, verb: String) {
        #expect(SQL(raw: text).verb == verb)
    }
}
