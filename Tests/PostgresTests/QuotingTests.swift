import LiveSupport
import Postgres
import Testing

@Suite struct QuotingTests {
    static let names = [
        "plain", "Mixed Case", "quo\"te", "\"", "\"\"", "apo'strophe", "back\\slash", "new\nline", "tab\t", "$1", "é",
        "😀", "a\u{301}", "\"\u{301}", "'\u{301}", "\\\u{301}", "select", "semi;colon", "-- comment", "/* */",
        "sixty-three bytes: ............................................",
    ]

    @Test func `identifiers and literals are quoted, and quotes in them doubled`() {
        #expect(Quoting.identifier("a") == "\"a\"")
        #expect(Quoting.identifier("a\"b") == "\"a\"\"b\"")
        #expect(Quoting.qualified("s", "t\"") == "\"s\".\"t\"\"\"")
        #expect(Quoting.literal("it's") == "'it''s'")
        #expect(Quoting.literal("a\\b'") == "E'a\\\\b'''")
        #expect(Quoting.literal("") == "''")
    }

    // A quote with a combining mark behind it is one character to Swift, but a quote to the server.
    @Test func `a quote stays a quote whatever follows it`() {
        #expect(Quoting.identifier("\"\u{301}").unicodeScalars.count { $0 == "\"" } == 4)
        #expect(Quoting.literal("'\u{301}").unicodeScalars.count { $0 == "'" } == 4)
    }

    @Test(arguments: names) func `the server reads back what was quoted`(name: String) throws {
        let connection = try LiveServer.connect(LiveServer.get().endpoint())
        let row = try connection.query("SELECT \(literal: name) AS value, 1 AS \(identifier: name)").only()
        #expect(try row.string("value") == name)
        #expect(try row.string(name) == "1")
        #expect(
            try connection.text(
                "SELECT quote_ident(\(name)) = \(Quoting.identifier(name)) OR \(name) ~ '^[a-z_]+$' AS t") == "t")
    }

    @Test(arguments: ["UTF8", "LATIN1", "SQL_ASCII"]) func `a plain text is the same in every encoding`(
        encoding: String
    ) throws {
        let database = "plain_text_\(encoding)", administrator = try LiveServer.connect(LiveServer.get().endpoint())
        try administrator.query(
            "CREATE DATABASE \(identifier: database) TEMPLATE template0 ENCODING \(literal: encoding) LOCALE 'C'")
        defer { do { try LiveServer.drop(database) } catch { Issue.record(error) } }
        let connection = try LiveServer.connect(LiveServer.get().endpoint(database: database))
        for text in ["é'\\\"", "a'\\b", "\u{1}é", ""] {
            let sql = Quoting.plainText(text)
            #expect(sql.utf8.allSatisfy { $0 < 128 })
            #expect(try connection.text("SELECT \(raw: sql) AS t") == text)
            // As a session reads an archive of another encoding.
            try connection.query("SET client_encoding TO 'LATIN1'")
            let length = try connection.number("SELECT octet_length(\(raw: sql)) AS n")
            try connection.query("RESET client_encoding")
            #expect(length == (encoding == "LATIN1" ? text.unicodeScalars.count : text.utf8.count))
        }
    }

    @Test(arguments: ["on", "off"]) func `a literal does not depend on standard_conforming_strings`(
        setting: String
    ) throws {
        let connection = try LiveServer.connect(LiveServer.get().endpoint())
        try connection.query("SET standard_conforming_strings = \(raw: setting)")
        try connection.query("SET backslash_quote = off")
        for name in Self.names { #expect(try connection.text("SELECT \(literal: name) AS t") == name) }
    }
}
