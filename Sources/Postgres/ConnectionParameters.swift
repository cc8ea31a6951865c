import CLibPQ

/// The names of the parameters that a connection URI can have, whoever reads it.
enum ConnectionParameters {
    /// Those of libpq as it is here.
    static let known: Set<String> = {
        var names: Set<String> = []
        guard let options = PQconninfoParse("", nil) else { return names }
        defer { PQconninfoFree(options) }
        var option = options
        while let keyword = option.pointee.keyword {
            names.insert(String(cString: keyword))
            option += 1
        }
        return names
    }()

    /// Those that other drivers and their guides have, and libpq has not. Any other name is not repeated: it may be a part
    /// of a password.
    private static let foreign: Set<String> = [
        "schema", "pgbouncer", "connection_limit", "pool_timeout", "socket_timeout", "sslaccept", "sslidentity",
        "statement_cache_size", "prepared_statements", "currentSchema", "search_path", "uselibpqcompat", "ssl", "db",
        "database", "encoding", "pool_mode", "pool_size", "max", "min", "statement_timeout", "lock_timeout", "timezone",
        "query_timeout", "idle_in_transaction_session_timeout", "serverVersion", "charset", "supa", "workaround",
    ]

    /// A name as it may be shown.
    static func shown(_ name: String) -> String {
        known.contains(name) || foreign.contains(name) ? "the parameter \(name)" : "a parameter of an unknown name"
    }

    /// Parameters of a URI in libpq's own dialect.
    static func checked(
        _ parameters: [PostgresURL.Parameter]
    ) throws(PostgresURL.Problem) -> [PostgresURL.Parameter] {
        var checked: [PostgresURL.Parameter] = []
        for parameter in parameters {
            // What libpq itself takes for JDBC's sake.
            if parameter == .init(name: "ssl", value: "true") {
                checked.append(.init(name: "sslmode", value: "require"))
            } else if known.contains(parameter.name) {
                checked.append(parameter)
            } else {
                throw .init(text: "\(shown(parameter.name)) is not one of PostgreSQL's")
            }
        }
        return checked
    }
}
