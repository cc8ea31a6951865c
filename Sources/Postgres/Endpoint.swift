package import Secrets

/// Where a database is, and as whom to connect to it.
package struct Endpoint: Sendable {
    /// A name, an address, or the folder of a Unix-domain socket.
    package var host: String
    package var port: Int
    package var database: String
    package var user: String
    /// Nil leaves it to libpq: `PGPASSFILE`, `PGPASSWORD`, or a server that asks for none.
    package var password: Secret?
    /// Where the password came from, for hints: `INFISICAL_POSTGRES_PASSWORD in /srv/infisical/.env`.
    package var passwordOrigin: String?
    /// Further connection parameters by libpq's names, such as `sslmode` and `sslrootcert`.
    package var parameters: [String: String]
    /// The server's own address, where `host` may be a pooler's; for hints.
    package var direct: String?
    /// Who may have signed the server's certificate, where `sslmode` asks for one; nil where `sslrootcert` or libpq says.
    package var authority: CertificateAuthority?
    /// What to say of authorities that should count and do not, where the certificate is not accepted.
    package var authorityNote: String?
    /// The name that the server's certificate must have, where `host` is an address that stands in for it.
    package var certificateName: String?

    package init(
        host: String, port: Int = 5432, database: String, user: String, password: Secret? = nil,
        passwordOrigin: String? = nil, parameters: [String: String] = [:]
    ) {
        self.host = host
        self.port = port
        self.database = database
        self.user = user
        self.password = password
        self.passwordOrigin = passwordOrigin
        self.parameters = parameters
    }

    /// What a connection URI says, with libpq's values for what it leaves out.
    package init(_ url: PostgresURL, origin: String) {
        let user = url.user ?? "postgres"
        self.init(
            host: url.host ?? "127.0.0.1", port: url.port ?? 5432, database: url.name ?? user, user: user,
            password: url.password, passwordOrigin: url.password == nil ? nil : origin,
            parameters: Dictionary(url.parameters.map { ($0.name, $0.value) }) { $1 })
    }

    /// The same server and user, another database.
    package func with(database: String) -> Endpoint {
        var other = self
        other.database = database
        return other
    }

    /// The same server, database and user, another password.
    package func with(password: Secret) -> Endpoint {
        var other = self
        other.password = password
        return other
    }

    /// The command by which a person lists the databases of the server; it asks for the password.
    package var listing: [String] { ["psql", "-h", host, "-p", String(port), "-U", user, "-l"] }

    /// `127.0.0.1:5432`, or the socket's path.
    package var server: String {
        if host.hasPrefix("/") { return "\(host)/.s.PGSQL.\(port)" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// What stands for `host` in libpq's parameters: the name that is checked, and the address that is connected to.
    package var location: (host: String, address: String?) {
        guard let certificateName, parameters["sslmode"] == "verify-full", parameters["hostaddr"] == nil,
            Endpoint.isNumeric(host)
        else { return (host, nil) }
        return (certificateName, host)
    }

    /// Whether the server's certificate is checked, and against whose signature.
    var checkedAgainst: String? {
        guard let mode = parameters["sslmode"], mode.hasPrefix("verify-"), !host.hasPrefix("/") else { return nil }
        let signers = authority?.origin ?? parameters["sslrootcert"] ?? "the authorities that libpq finds"
        return authorityNote.map { "\(signers) (\($0))" } ?? signers
    }

    /// Whether a host is an address of version 4 or 6 and no name.
    private static func isNumeric(_ host: String) -> Bool {
        host.contains(":") || host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (48...57).contains($0) }
    }
}
