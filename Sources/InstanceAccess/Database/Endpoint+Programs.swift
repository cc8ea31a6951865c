package import Postgres
package import Processes

extension Endpoint {
    /// The same for a program that runs beside the server, in its container. It has no other variables than these.
    package func insideEnvironment(applicationName: String, _ use: SessionUse) -> [String: EnvironmentValue] {
        var environment: [String: EnvironmentValue] = [
            "PGHOST": "127.0.0.1", "PGPORT": "5432", "PGUSER": .plain(user), "PGDATABASE": .plain(database),
            "PGAPPNAME": .plain(applicationName), "PGOPTIONS": .plain(startupOptions(use)), "LC_ALL": "C.UTF-8",
        ]
        if let password { environment["PGPASSWORD"] = .secret(password) }
        return environment
    }

    /// A command of one of PostgreSQL's own programs on this host. Its sessions pin what ours do.
    package func command(
        _ path: String, _ arguments: [String], as applicationName: String, _ use: SessionUse,
        output: CommandSpec.Output
    ) -> CommandSpec {
        var spec = CommandSpec(
            path, arguments, environment: programEnvironment(applicationName: applicationName, use), output: output)
        spec.attachment = authority?.pem
        return spec
    }

    /// The variables by which PostgreSQL's own programs find this database; the password only as a secret.
    package func programEnvironment(applicationName: String, _ use: SessionUse) -> [String: EnvironmentValue] {
        // What a session of our own would take out of the environment, a program takes as well.
        let variables = Endpoint.variables
        var environment = CommandSpec.inherited(["PATH", "HOME", "PGPASSWORD"] + variables.values)
        let location = location
        environment["PGHOST"] = .plain(location.host)
        if let address = location.address { environment["PGHOSTADDR"] = .plain(address) }
        environment["PGPORT"] = .plain(String(port))
        environment["PGUSER"] = .plain(user)
        environment["PGDATABASE"] = .plain(database)
        environment["PGAPPNAME"] = .plain(applicationName)
        environment["LC_ALL"] = "C.UTF-8"
        if let password { environment["PGPASSWORD"] = .secret(password) }
        for (name, value) in parameters {
            if let variable = variables[name] { environment[variable] = .plain(value) }
        }
        if authority != nil { environment["PGSSLROOTCERT"] = .plain(CommandSpec.attachmentPath) }
        environment["PGOPTIONS"] = .plain(startupOptions(use))
        return environment
    }

    /// libpq's connection parameters that have an environment variable; those above apart.
    private static let variables = [
        "hostaddr": "PGHOSTADDR", "passfile": "PGPASSFILE", "channel_binding": "PGCHANNELBINDING",
        "sslmode": "PGSSLMODE", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
        "sslrootcert": "PGSSLROOTCERT", "sslcrl": "PGSSLCRL", "sslcrldir": "PGSSLCRLDIR", "sslsni": "PGSSLSNI",
        "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION", "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
        "requirepeer": "PGREQUIREPEER", "gssencmode": "PGGSSENCMODE", "krbsrvname": "PGKRBSRVNAME",
        "gsslib": "PGGSSLIB", "connect_timeout": "PGCONNECT_TIMEOUT", "target_session_attrs": "PGTARGETSESSIONATTRS",
    ]
}
