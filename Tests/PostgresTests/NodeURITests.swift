import FoundationEssentials
import LiveSupport
import Postgres
import Secrets
import TestSupport
import Testing

/// What Infisical's own driver reads in a connection URI, and what this program reads.
@Suite struct NodeURITests {
    struct Table: Decodable {
        let uris: [Case]
    }
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        struct Ours: Decodable, Sendable {
            let host: String?
            let refused: Bool?
            let tls: String?
        }
        let uri: String
        let host: String?
        let port: Int?
        let user: String?
        let password: String?
        let database: String?
        let tls: String?
        let ca: Bool?
        let error: String?
        let ours: Ours?
        var testDescription: String { uri }
    }

    static func table() throws -> [Case] {
        let data = try Data(contentsOf: URL(filePath: Fixtures.path("node-postgres-uris.json")))
        return try JSONDecoder().decode(Table.self, from: data).uris
    }

    @Test func `there are enough of them`() throws { #expect(try NodeURITests.table().count >= 60) }

    @Test func `each form is read as Infisical's driver reads it, or refused`() throws {
        for row in try NodeURITests.table() {
            guard row.error == nil, row.ours?.refused != true else {
                #expect(throws: PostgresURL.Problem.self, "\(row.uri)") {
                    try PostgresURL(Secret(testing: row.uri), .node)
                }
                continue
            }
            let found: PostgresURL
            do { found = try PostgresURL(Secret(testing: row.uri), .node) } catch {
                Issue.record("\(row.uri): \(error.text)")
                continue
            }
            let endpoint = Endpoint(found, origin: "test")
            #expect(endpoint.host == row.ours?.host ?? row.host, "\(row.uri)")
            #expect(endpoint.database == row.database, "\(row.uri)")
            if let port = row.port { #expect(endpoint.port == port, "\(row.uri)") }
            if let user = row.user { #expect(endpoint.user == user, "\(row.uri)") }
            if row.user != nil { #expect(found.password?.revealedText() == row.password, "\(row.uri)") }
            #expect(tls(found) == row.ours?.tls ?? row.tls, "\(row.uri)")
            #expect(endpoint.parameters["sslrootcert"] == (row.ca == true ? "/ca.pem" : nil), "\(row.uri)")
            // What libpq does not know would make every connection fail.
            let unknown = endpoint.parameters.keys.filter { !$0.hasPrefix("ssl") && !["options"].contains($0) }
            #expect(unknown.isEmpty, "\(row.uri): \(unknown)")
        }
    }

    /// In the words of the table.
    private func tls(_ url: PostgresURL) -> String {
        let value = { (name: String) in url.parameters.last { $0.name == name }?.value }
        switch value("sslmode") {
        case nil: return "unset"
        case "disable": return "off"
        case "require": return "no-verify"
        case "verify-ca": return "verify-ca"
        default:
            #expect(url.trustsPublicAuthorities == (value("sslrootcert") == nil))
            return "verify"
        }
    }

    @Test func `what means nothing to the driver is named, never a value, nor a name that may be a part of a password`()
        throws
    {
        let url = try PostgresURL(
            Secret(
                testing: "postgres://u:p@h/d?schema=hunter2&pgbouncer=hunter2&dbname=hunter2&hunter2=x&hostaddr=9.9.9.9"
            ),
            .node)
        #expect(url.parameters.isEmpty && url.name == "d")
        for name in ["schema", "pgbouncer", "dbname", "hostaddr"] {
            #expect(url.notes.contains { $0.contains("parameter \(name) means nothing") }, "\(name)")
        }
        #expect(url.notes.count == 5 && !url.notes.joined().contains("hunter2"))
        #expect(url.notes.joined().contains("a parameter of an unknown name"))
    }

    @Test func `options are handed on`() throws {
        let url = try PostgresURL(
            Secret(testing: "postgres://h/d?options=-c%20search_path%3Dx&connect_timeout=3"), .node)
        #expect(Endpoint(url, origin: "").parameters == ["options": "-c search_path=x", "connect_timeout": "3"])
    }
}
