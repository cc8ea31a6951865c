import LiveSupport
import Postgres
import Secrets
import TestSupport
import Testing

@Suite struct EndpointTests {
    private func endpoint(_ url: String) throws -> Endpoint {
        try Endpoint(url: Secret(testing: url), origin: "somewhere")
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
        ("host=db.example port=6000 dbname=d", "db.example:6000"),
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
        if url.isEmpty {
            // libpq takes an empty text for no settings at all.
            #expect(try endpoint(url).database == "postgres")
            return
        }
        let found = try fault { _ = try endpoint(url) }
        #expect(found?.code == "postgres.bad-address")
        #expect(found?.message.contains("somewhere") == true && found?.message.contains("s3cret") == false)
    }
}
