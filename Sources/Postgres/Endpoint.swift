import CLibPQ
import Glibc
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

    /// Reads a `postgresql://` address the way libpq does.
    ///
    /// - Throws: `badAddress`, without any part of the text: it may hold a password. Also for `sslpassword`, which is
    ///   not supported.
    package init(url: Secret, origin: String) throws(PostgresFault) {
        let options = url.withCString { PQconninfoParse($0, nil) }
        guard let options else { throw .badAddress(origin: origin) }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:], password: Secret?
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                let name = String(cString: keyword)
                // It would be a secret among the parameters, which are shown.
                if name == "sslpassword" { throw .badAddress(origin: origin) }
                if name == "password" {
                    password = Secret(copying: UnsafeRawBufferPointer(start: value, count: strlen(value)))
                } else {
                    values[name] = String(cString: value)
                }
            }
            option += 1
        }
        let portText = values.removeValue(forKey: "port") ?? "5432"
        guard let port = Int(portText), (1...65535).contains(port) else { throw .badAddress(origin: origin) }
        let user = values.removeValue(forKey: "user") ?? "postgres"
        self.init(
            host: values.removeValue(forKey: "host") ?? "127.0.0.1", port: port,
            database: values.removeValue(forKey: "dbname") ?? user, user: user, password: password,
            passwordOrigin: password == nil ? nil : origin, parameters: values)
    }

    /// What the environment (`PGOPTIONS`, or the service that `PGSERVICE` names) asks for where nothing else does.
    static var inheritedOptions: String? {
        guard let defaults = PQconndefaults() else { return nil }
        defer { PQconninfoFree(defaults) }
        var option = defaults
        while let keyword = option.pointee.keyword {
            if strcmp(keyword, "options") == 0 { return option.pointee.val.map { String(cString: $0) } }
            option += 1
        }
        return nil
    }

    /// The same server and user, another database.
    package func with(database: String) -> Endpoint {
        var other = self
        other.database = database
        return other
    }

    /// `127.0.0.1:5432`, or the socket's path.
    package var server: String {
        if host.hasPrefix("/") { return "\(host)/.s.PGSQL.\(port)" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
