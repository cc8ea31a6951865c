import LiveSupport
import Secrets
import TestSupport
import Testing

@testable import Postgres

@Suite struct EndpointTests {
    private func endpoint(_ url: String) throws -> Endpoint {
        Endpoint(try PostgresURL(Secret(testing: url)), origin: "somewhere")
    }

    @Test func `what an address leaves out has libpq's defaults, and the user's name is the database's`() throws {
        let bare = try endpoint("postgresql://")
        #expect(bare.host == "127.0.0.1" && bare.port == 5432 && bare.user == "postgres")
        #expect(bare.database == "postgres" && bare.password == nil && bare.passwordOrigin == nil)
        let user = try endpoint("postgres://infisical@db")
        #expect(user.user == "infisical" && user.database == "infisical" && user.host == "db")
    }

    @Test(arguments: [
        ("postgresql:///d?host=/var/run/postgresql&port=5433", "/var/run/postgresql/.s.PGSQL.5433"),
        ("postgresql://%2Fvar%2Frun/d", "/var/run/.s.PGSQL.5432"),
        ("postgresql://[2001:db8::1]:6000/d", "[2001:db8::1]:6000"),
        ("postgresql://db.example/d", "db.example:5432"),
    ]) func `an address says which server it means`(url: String, server: String) throws {
        let found = try endpoint(url)
        #expect(found.server == server && found.database == "d")
        #expect(found.with(database: "other").server == server)
    }

    @Test func `what else an address holds is handed to libpq`() throws {
        let found = try endpoint("postgresql://u@h/d?sslmode=verify-full&sslrootcert=%2Fca.pem&connect_timeout=3")
        #expect(found.parameters == ["sslmode": "verify-full", "sslrootcert": "/ca.pem", "connect_timeout": "3"])
    }

    @Test(arguments: [
        "postgresql://u:s3cret@h:1,h2:2/d?port=0", "postgresql://u:s3cret@h:0/d", "postgresql://u:s3cret@h:5432,5433/d",
        "postgresql://u:s3cret@h/d?unknown=1", "postgresql://u:s3cret%zz@h/d", "mysql://u:s3cret@h/d", "",
    ]) func `an address that cannot be meant is refused without being quoted`(url: String) throws {
        let found = #expect(throws: PostgresURL.Problem.self) { try endpoint(url) }
        #expect(found?.text.isEmpty == false && found?.text.contains("s3cret") == false)
    }

    @Test func `the name on a certificate stays what it was where an address stands in for the host`() {
        var found = Endpoint(host: "172.18.0.2", database: "d", user: "u", parameters: ["sslmode": "verify-full"])
        #expect(found.location == ("172.18.0.2", nil))
        found.certificateName = "db"
        #expect(found.location == ("db", "172.18.0.2") && found.server == "172.18.0.2:5432")
        found.host = "docker.example"
        #expect(found.location == ("docker.example", nil))
        (found.host, found.parameters) = ("172.18.0.2", ["sslmode": "require"])
        #expect(found.location == ("172.18.0.2", nil))
    }

    @Test func `what kept further authorities from counting is said where a signature is missed`() {
        var found = Endpoint(host: "db.example", database: "d", user: "u", parameters: ["sslmode": "verify-full"])
        found.parameters["sslrootcert"] = "/public.pem"
        #expect(found.checkedAgainst == "/public.pem")
        found.authorityNote = "those in /extra.pem do not count"
        #expect(found.checkedAgainst == "/public.pem (those in /extra.pem do not count)")
        found.parameters["sslmode"] = "require"
        #expect(found.checkedAgainst == nil)
    }
}
