package import Secrets

/// A value and where it came from.
package struct Sourced<Value: Sendable>: Sendable {
    package let value: Value
    package let origin: Origin

    package init(_ value: Value, _ origin: Origin) {
        self.value = value
        self.origin = origin
    }
}

/// The database to connect to.
package struct DatabaseTarget: Sendable {
    /// As configured; inside a compose project often a service's name. Nil: `standardHost`.
    package let host: String?
    package let port: Int
    package let name: String
    package let user: String
    /// Nil when libpq is to find it (`PGPASSWORD`, `PGPASSFILE`) or none is needed.
    package let password: Secret?
    /// Where the password comes from, also when libpq reads it itself.
    package let passwordOrigin: Origin?
    /// Other connection parameters, such as `sslmode`.
    package let parameters: [PostgresURL.Parameter]
    /// Where the address comes from; `.standard` when nothing names a database.
    package let origin: Origin

    package static let standardHost = "127.0.0.1"
}

extension DatabaseTarget: CustomStringConvertible {
    /// The address as a URI, without the password.
    package var description: String {
        let address = PostgresURL.address(host ?? DatabaseTarget.standardHost, port)
        return "postgresql://\(PostgresURL.encoded(user))@\(address)/\(PostgresURL.encoded(name))"
    }
}

/// What is known of a database, each part from its own place.
struct DatabaseParts: Sendable {
    var host: Sourced<String>?
    var port: Sourced<Int>?
    var name: Sourced<String>?
    var user: Sourced<String>?
    var password: Sourced<Secret>?
    var parameters: [PostgresURL.Parameter] = []

    init() {}

    init(_ url: PostgresURL, _ origin: Origin) {
        host = url.host.map { Sourced($0, origin) }
        port = url.port.map { Sourced($0, origin) }
        name = url.name.map { Sourced($0, origin) }
        user = url.user.map { Sourced($0, origin) }
        password = url.password.map { Sourced($0, origin) }
        parameters = url.parameters
    }

    /// These parts, and those of `weaker` where they lack one. A host without a port does not take over the port that
    /// belongs to another host.
    func over(_ weaker: DatabaseParts) -> DatabaseParts {
        var result = self
        if port == nil, host == nil || weaker.host == nil || host?.value == weaker.host?.value {
            result.port = weaker.port
        }
        result.host = host ?? weaker.host
        result.name = name ?? weaker.name
        result.user = user ?? weaker.user
        result.password = password ?? weaker.password
        if parameters.isEmpty { result.parameters = weaker.parameters }
        return result
    }

    /// The target, with the standard values for what nothing names.
    func target(libpqPassword: Origin?) -> DatabaseTarget {
        let user = user?.value ?? "postgres"
        return DatabaseTarget(
            host: host?.value, port: port?.value ?? 5432, name: name?.value ?? user, user: user,
            password: password?.value, passwordOrigin: password?.origin ?? libpqPassword, parameters: parameters,
            origin: host?.origin ?? name?.origin ?? .standard)
    }
}
