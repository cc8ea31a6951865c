import LiveSupport
import Postgres
import Secrets
import TestSupport
import Testing

struct PostgresURLTests {
    private func shown(_ secret: Secret?) -> String? { secret?.revealedText() }

    private func url(_ text: String) throws(PostgresURL.Problem) -> PostgresURL {
        try PostgresURL(Secret(testing: text))
    }

    @Test func `all parts are taken, percent signs decoded`() throws {
        let url = try url(
            "postgresql://us%40er:p%3Aa%2Fss%25@db.example:6432/my%20db?sslmode=verify-full&application_name=a%26b")
        #expect(url.user == "us@er")
        #expect(shown(url.password) == "p:a/ss%")
        #expect(url.host == "db.example")
        #expect(url.port == 6432)
        #expect(url.name == "my db")
        #expect(url.parameters.map(\.name) == ["sslmode", "application_name"])
        #expect(url.parameters.map(\.value) == ["verify-full", "a&b"])
        #expect(!url.description.contains("ss%"))
        #expect(url.description.contains(":••••@db.example:6432/"))
    }

    @Test func `parts may be missing`() throws {
        let bare = try url("postgres://")
        #expect(bare.host == nil && bare.port == nil && bare.user == nil && bare.name == nil && bare.password == nil)
        #expect(bare.description == "postgresql:///")
        #expect(try url("postgres://host").host == "host")
        #expect(try url("postgres://host:/x").port == nil)
        #expect(try url("postgres:///x").name == "x")
        #expect(try url("postgres://u@/x").user == "u")
        #expect(try url("postgres://u:@h/x").password == nil)
        #expect(try url("postgres://h?sslmode=disable").parameters.count == 1)
    }

    @Test func `an address in brackets and a socket folder are hosts`() throws {
        let six = try url("postgres://u@[::1]:5433/x")
        #expect(six.host == "::1" && six.port == 5433)
        #expect(six.description == "postgresql://u@[::1]:5433/x")
        #expect(try url("postgres://%2Fvar%2Frun/x").host == "/var/run")
    }

    @Test func `a password may hold an at sign and a colon`() throws {
        let url = try url("postgres://u:a@b:c@h/x")
        #expect(shown(url.password) == "a@b:c")
        #expect(url.host == "h")
    }

    @Test func `an at sign in a parameter is no password`() throws {
        #expect(try url("postgres://h/x?user=me%40server&application_name=a@b").user == "me@server")
        #expect(try url("postgres://u@h/x%40y").name == "x@y")
        // The end of a password with a slash would be taken for the database's name, which is shown.
        let ambiguous = #expect(throws: PostgresURL.Problem.self) { try url("postgres://u:p@ss/word@h/x") }
        #expect(ambiguous?.text.contains("%2F") == true)
        #expect(throws: PostgresURL.Problem.self) { try url("postgres://u@h/x@y") }
    }

    @Test func `parameters may name the parts`() throws {
        let url = try url("postgres:///?host=/tmp&port=1&user=u&password=hunter2&dbname=d&sslcert=")
        #expect(url.host == "/tmp" && url.port == 1 && url.user == "u" && url.name == "d")
        #expect(shown(url.password) == "hunter2")
        #expect(url.parameters == [.init(name: "sslcert", value: "")])
    }

    @Test func `what libpq itself takes for JDBC's sake is taken`() throws {
        #expect(try url("postgres://h/x?ssl=true").parameters == [.init(name: "sslmode", value: "require")])
        let wrong = #expect(throws: PostgresURL.Problem.self) { try url("postgres://h/x?schema=public") }
        #expect(wrong?.text == "the parameter schema is not one of PostgreSQL's")
    }

    @Test(
        arguments: [
            "hunter2", "http://hunter2", "postgres://a,hunter2/x", "postgres://h:hunter2/x", "postgres://h:0/x",
            "postgres://h:65536/x", "postgres://[hunter2/x", "postgres://[::1]hunter2/x", "postgres://u:hunter2%@h",
            "postgres://u:hunter2%0g@h", "postgres://u:hunter2%00@h", "postgres://h/x?hunter2",
            "postgres://h/x?sslpassword=hunter2", "postgres://h/x?hunter2=1", "postgres://h/x?schema=hunter2",
            "postgres://%ff/hunter2", "postgres://u:1/hunter2@h/x",
            "postgres://u:/hunter2@h/x", "postgres://u:1#hunter2@h/x", "postgres://u:1?hunter2@h/x",
        ])
    func `other texts are refused without being repeated`(text: String) throws {
        do {
            _ = try url(text)
            Issue.record("accepted")
        } catch {
            #expect(!error.text.isEmpty)
            #expect(!String(reflecting: error).contains("hunter2"))
        }
    }
}
