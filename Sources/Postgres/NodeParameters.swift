/// The parameters of a connection URI as node-postgres understands them, in libpq's words.
///
/// The differences that matter: every `sslmode` but `disable` and `no-verify` checks the server's certificate and its name,
/// also `prefer` and `require`, unless `uselibpqcompat=true`; `ssl` is a parameter; without any of these there is no TLS
/// and `DB_ROOT_CERT` decides; what it does not know is ignored.
struct NodeParameters {
    private(set) var parameters: [PostgresURL.Parameter] = []
    private(set) var trustsPublicAuthorities = false
    private(set) var notes: [String] = []

    /// How a session is encrypted, in libpq's words.
    private enum Mode: String {
        case disable, require
        case verifyCA = "verify-ca"
        case verifyFull = "verify-full"
    }

    /// Those that mean the same to both, or harm nobody where only libpq knows them.
    private static let shared: Set<String> = [
        "options", "connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
        "tcp_user_timeout", "channel_binding", "target_session_attrs", "gssencmode", "sslsni", "sslcert", "sslkey",
        "sslrootcert", "ssl_min_protocol_version", "ssl_max_protocol_version",
    ]
    /// Those that are read here, or that only the application's own sessions have.
    private static let consumed: Set<String> = [
        "ssl", "sslmode", "uselibpqcompat", "application_name", "fallback_application_name", "client_encoding",
        "encoding",
        "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "query_timeout",
    ]

    init(_ given: [PostgresURL.Parameter]) throws(PostgresURL.Problem) {
        var values: [String: String] = [:]
        for parameter in given where !parameter.value.isEmpty { values[parameter.name] = parameter.value }
        for parameter in given {
            if NodeParameters.shared.contains(parameter.name) {
                if !parameter.value.isEmpty { parameters.append(parameter) }
            } else if !NodeParameters.consumed.contains(parameter.name) {
                notes.append(
                    "\(ConnectionParameters.shown(parameter.name)) means nothing to Infisical's driver and is not used")
            }
        }
        guard let mode = try mode(values) else { return }
        parameters.append(.init(name: "sslmode", value: mode.rawValue))
        trustsPublicAuthorities =
            (mode == .verifyFull || mode == .verifyCA) && values["sslrootcert"] == nil
    }

    /// Nil where the URI leaves it to `DB_ROOT_CERT`.
    private mutating func mode(_ values: [String: String]) throws(PostgresURL.Problem) -> Mode? {
        let isCompatible = values["uselibpqcompat"] == "true"
        let hasFiles = ["sslcert", "sslkey", "sslrootcert"].contains { values[$0] != nil }
        guard values["sslmode"] != nil || hasFiles else { return try plain(values["ssl"]) }
        switch (values["sslmode"], isCompatible) {
        case ("disable", _): return .disable
        case ("no-verify", false), ("prefer", true): return .require
        case ("require", true): return values["sslrootcert"] == nil ? .require : .verifyCA
        case ("verify-ca", true):
            guard values["sslrootcert"] != nil else {
                throw .init(text: "with uselibpqcompat, sslmode=verify-ca needs sslrootcert")
            }
            return .verifyCA
        default: return .verifyFull
        }
    }

    private mutating func plain(_ ssl: String?) throws(PostgresURL.Problem) -> Mode? {
        switch ssl {
        case nil: return nil
        case "true", "1": return .verifyFull
        case "no-verify": return .require
        case "0": return .disable
        case "false":
            notes.append(
                "Infisical's driver takes ssl=false as text, asks for TLS and fails; here it is read as "
                    + "sslmode=disable")
            return .disable
        default: throw .init(text: "the parameter ssl is none of true, 1, 0 and no-verify")
        }
    }
}
