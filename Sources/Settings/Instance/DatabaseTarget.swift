package import Postgres
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
    package private(set) var password: Secret?
    /// Where the password comes from, also when libpq reads it itself.
    package let passwordOrigin: Origin?
    /// Other connection parameters, such as `sslmode`.
    package let parameters: [PostgresURL.Parameter]
    /// Who may have signed the server's certificate, where one is asked for and no parameter says.
    package let authority: CertificateAuthority?
    /// Whether any public authority may have signed it, and so any that the backend's runtime trusts besides.
    package let trustsPublicAuthorities: Bool
    /// The name that the certificate must have, where `host` is an address that was found for it.
    package let certificateName: String?
    /// Where the address comes from; `.standard` when nothing names a database.
    package let origin: Origin

    /// Whether anything at all says which database is meant.
    package var isNamed: Bool { origin != .standard }

    package static let standardHost = "127.0.0.1"
}

extension DatabaseTarget {
    func with(password: Secret) -> DatabaseTarget {
        var target = self
        target.password = password
        return target
    }
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
    /// Whether a certificate that is asked for may be signed by any public authority.
    var trustsPublicAuthorities = false
    /// `DB_ROOT_CERT`: the authority of a server's certificate, base64 of PEM.
    var rootCertificate: Sourced<Secret>?
    /// What `host` was before an address was found for it.
    var certificateName: String?
    /// What a URI says and is not used, one sentence each.
    var notes: [String] = []

    init() {}

    init(_ url: PostgresURL, _ origin: Origin) {
        notes = url.notes.map { "\(origin): \($0)" }
        trustsPublicAuthorities = url.trustsPublicAuthorities
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
        if parameters.isEmpty {
            result.parameters = weaker.parameters
            result.trustsPublicAuthorities = weaker.trustsPublicAuthorities
        }
        result.rootCertificate = rootCertificate ?? weaker.rootCertificate
        if host == nil { result.certificateName = weaker.certificateName }
        result.notes = notes + weaker.notes
        return result
    }

    /// Whether anything says where the database is.
    var isEmpty: Bool { host == nil && name == nil }

    /// The target, with the standard values for what nothing names.
    func target(libpqPassword: Origin?) -> DatabaseTarget {
        let user = user?.value ?? "postgres", security = security()
        return DatabaseTarget(
            host: host?.value, port: port?.value ?? 5432, name: name?.value ?? user, user: user,
            password: password?.value, passwordOrigin: password?.origin ?? libpqPassword,
            parameters: security.parameters, authority: security.authority,
            trustsPublicAuthorities: security.isPublic, certificateName: certificateName,
            origin: host?.origin ?? name?.origin ?? .standard)
    }

    /// The parameters with what `DB_ROOT_CERT` adds to them. Infisical hands it to its driver with the demand that the
    /// server's certificate is signed by it and has the server's name; a URI that says how to encrypt replaces both there,
    /// and here only the first.
    private func security() -> (
        parameters: [PostgresURL.Parameter], authority: CertificateAuthority?, isPublic: Bool
    ) {
        let value = { (name: String) in parameters.last { $0.name == name }?.value }
        let mode = value("sslmode"), authority = rootCertificate.map(RootCertificate.authority)
        if mode == nil, let authority {
            return (parameters + [.init(name: "sslmode", value: "verify-full")], authority, false)
        }
        guard mode?.hasPrefix("verify-") == true, value("sslrootcert") == nil else { return (parameters, nil, false) }
        if let authority { return (parameters, authority, false) }
        guard trustsPublicAuthorities else { return (parameters, nil, false) }
        return (parameters + [.init(name: "sslrootcert", value: CertificateAuthority.publicFile)], nil, true)
    }

    /// What is probably not meant.
    var allNotes: [String] {
        guard let rootCertificate, trustsPublicAuthorities else { return notes }
        return notes + [
            "\(rootCertificate.origin): Infisical does not use this certificate, because its connection URI says how to "
                + "encrypt: it trusts the public authorities then. Without sslmode in the URI it counts"
        ]
    }
}
