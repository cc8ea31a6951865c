import Effects
import Faults
import Glibc
import LiveSupport
import Postgres
import Secrets
import TestSupport
import Testing

@Suite struct ConnectTests {
    private func code(_ endpoint: Endpoint, deadline: Int = 15) throws -> (code: String, text: String) {
        do {
            _ = try Connection.open(
                endpoint, role: "test", effects: Effects(), cancellation: Cancellation(), deadline: deadline)
        } catch {
            return (error.code, FaultRenderer.text(error))
        }
        return ("", "")
    }

    @Test func `the password is proven over TCP and not over a trusted socket`() throws {
        let server = try LiveServer.get()
        #expect(try LiveServer.connect(server.endpoint(overTCP: true)).usedPassword)
        #expect(try !LiveServer.connect(server.endpoint()).usedPassword)
    }

    @Test func `a wrong password says where it came from and never what it is`() throws {
        var endpoint = try LiveServer.get().endpoint(overTCP: true)
        endpoint.password = Secret(testing: "hunter2hunter2")
        endpoint.passwordOrigin = "INFISICAL_POSTGRES_PASSWORD in .env"
        let failure = try code(endpoint)
        #expect(failure.code == "postgres.wrong-password")
        #expect(failure.text.contains("INFISICAL_POSTGRES_PASSWORD in .env") && failure.text.contains("127.0.0.1:"))
        #expect(!failure.text.contains("hunter2"))
    }

    @Test func `no password where one is needed is a wrong password too`() throws {
        var endpoint = try LiveServer.get().endpoint(overTCP: true)
        endpoint.password = nil
        #expect(try code(endpoint).code == "postgres.wrong-password")
    }

    @Test func `every way not to arrive has its own fault`() throws {
        let server = try LiveServer.get()
        var refused = server.endpoint(overTCP: true)
        refused.port = 1
        #expect(try code(refused).code == "postgres.connection-refused")
        var unknown = refused
        unknown.host = "no-such-host.invalid"
        #expect(try code(unknown).code == "postgres.unknown-host")
        var noSocket = server.endpoint()
        noSocket.host = "/nowhere"
        let missing = try code(noSocket)
        #expect(missing.code == "postgres.connection-refused" && missing.text.contains("/nowhere/.s.PGSQL"))
        #expect(try code(server.endpoint(database: "no such")).code == "postgres.no-such-database")
        var nobody = server.endpoint()
        nobody.user = "nobody at all"
        #expect(try code(nobody).code == "postgres.not-allowed")
        var strange = server.endpoint()
        strange.parameters["sslmode"] = "sometimes"
        #expect(try code(strange).code == "postgres.connect-failed")
    }

    @Test func `a database that takes no connections says so`() throws {
        try LiveServer.withDatabase { connection, endpoint in
            let administrator = try LiveServer.connect(LiveServer.get().endpoint())
            connection.close()
            try administrator.query("ALTER DATABASE \(identifier: endpoint.database) ALLOW_CONNECTIONS false")
            #expect(try code(endpoint).code == "postgres.closed")
            try administrator.query(
                "ALTER DATABASE \(identifier: endpoint.database) CONNECTION LIMIT 0 ALLOW_CONNECTIONS true")
            try administrator.query("CREATE ROLE limited LOGIN")
            var limited = endpoint
            limited.user = "limited"
            #expect(try code(limited).code == "postgres.too-many-connections")
            try administrator.query("DROP ROLE limited")
        }
    }

    @Test func `a server that never answers is given up`() throws {
        // A listening socket that nobody accepts from.
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        let folder = LiveServer.newFolder()
        mkdir(folder, 0o700)
        let path = "\(folder)/.s.PGSQL.5432"
        defer {
            unlink(path)
            rmdir(folder)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafeBytes(of: &address) { bytes in
            bytes.bindMemory(to: sockaddr.self).baseAddress.map { bind(listener, $0, socklen_t(bytes.count)) }
        }
        #expect(bound == 0 && listen(listener, 1) == 0)
        let silent = Endpoint(host: folder, database: "d", user: "u")
        #expect(try code(silent, deadline: 1).code == "postgres.connect-timed-out")
    }

    @Test func `an address is read whole`() throws {
        let url = "postgresql://us%20er:p%40ss@db.example:6543/na%2Fme?sslmode=require"
        let endpoint = Endpoint(try PostgresURL(Secret(testing: url)), origin: ".env")
        #expect(endpoint.host == "db.example" && endpoint.port == 6543)
        #expect(endpoint.user == "us er" && endpoint.database == "na/me")
        #expect(endpoint.parameters == ["sslmode": "require"])
        #expect(endpoint.password?.equals(Secret(testing: "p@ss")) == true)
        #expect(endpoint.server == "db.example:6543" && endpoint.passwordOrigin == ".env")
        #expect(endpoint.with(database: "x").database == "x")
        #expect(Endpoint(host: "::1", database: "d", user: "u").server == "[::1]:5432")
    }

    @Test(arguments: ["sslrootcert", "sslcert", "sslkey", "sslcrl"])
    func `a pipe in the place of a file that libpq reads is refused and not waited for`(name: String) throws {
        let folder = try TemporaryFolder(), pipe = folder.path("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        let endpoint = Endpoint(host: "127.0.0.1", port: 1, database: "d", user: "u", parameters: [name: pipe])
        let found = try code(endpoint, deadline: 5)
        #expect(found.code == "postgres.connect-failed" && found.text.contains("\(pipe) (\(name))"))
    }
}
