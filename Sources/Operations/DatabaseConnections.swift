import DurableFiles
package import Effects
import Faults
import Instance
package import Postgres
package import Processes
import Settings

/// Opens sessions with the databases that the configuration names.
package struct DatabaseConnections: Sendable {
    /// Which of the instance's databases.
    package enum Role: String, Sendable {
        case main
        /// The second database, which holds only audit logs.
        case auditLogs = "audit-logs"
    }

    private let workplace: Workplace

    package init(_ workplace: Workplace) { self.workplace = workplace }

    /// Whether the instance keeps its audit logs in a database of their own.
    package var hasAuditLogs: Bool { workplace.configuration.auditLogs != nil }

    private func target(_ role: Role) -> DatabaseTarget {
        switch role {
        case .main: workplace.configuration.database
        case .auditLogs: workplace.configuration.auditLogs ?? workplace.configuration.database
        }
    }

    package func endpoint(_ role: Role) -> Endpoint {
        let target = target(role)
        var parameters: [String: String] = [:]
        for parameter in target.parameters { parameters[parameter.name] = parameter.value }
        return Endpoint(
            host: target.host ?? DatabaseTarget.standardHost, port: target.port, database: target.name,
            user: target.user,
            password: target.password, passwordOrigin: target.passwordOrigin?.description, parameters: parameters)
    }

    /// - Parameters:
    ///   - role: which database.
    ///   - purpose: shown by the server as part of the application's name.
    ///   - cancellation: ends the session's work; that of the run when nil.
    package func open(
        _ role: Role, role purpose: String, cancellation: Cancellation? = nil, deadline: Int = 15
    ) throws -> Connection {
        do {
            return try Connection.open(
                endpoint(role), role: purpose, effects: workplace.surroundings.effects,
                cancellation: cancellation ?? workplace.surroundings.cancellation, deadline: deadline)
        } catch {
            // The address may be one that only the containers' networks know.
            guard let cause = workplace.discovery.fault, error.isAboutTheAddress, !isAddressConfigured(role) else {
                throw error
            }
            throw UndiscoveredDatabase(cause: error, discovery: cause)
        }
    }

    private func isAddressConfigured(_ role: Role) -> Bool {
        switch target(role).origin {
        case .file, .flag, .environment: true
        case .standard, .envFile, .container: false
        }
    }

    /// PostgreSQL's programs for one of the databases; in its container if that is where it is reached.
    package func programs(_ role: Role, runner: ProcessRunner) -> PostgresPrograms {
        PostgresPrograms(
            runner: runner, pgDump: workplace.configuration.pgDump, container: programContainer(role))
    }

    private func programContainer(_ role: Role) -> ProgramContainer? {
        guard case .container(let name, _) = target(role).origin,
            let container = workplace.discovery.containers?[.database], container.name == name
        else { return nil }
        return ProgramContainer(docker: workplace.surroundings.docker, id: container.id)
    }

    /// The folder of the database's files if it lies on this host and this user may know it; nil otherwise.
    package func localDataFolder() throws -> String? {
        let connection: Connection
        do { connection = try open(.main, role: "init", deadline: 5) } catch { return nil }
        defer { connection.close() }
        let host = endpoint(.main).host
        guard host.hasPrefix("/") || ["localhost", "127.0.0.1", "::1"].contains(host),
            let folder = try ServerFacts.read(connection).dataDirectory,
            try workplace.surroundings.files.status(folder, followingLinks: true) != nil
        else { return nil }
        return folder
    }
}

extension Endpoint {
    /// The same for a program that runs beside the server, in its container. It has no other variables than these.
    func insideEnvironment(applicationName: String) -> [String: EnvironmentValue] {
        var environment: [String: EnvironmentValue] = [
            "PGHOST": "127.0.0.1", "PGPORT": "5432", "PGUSER": .plain(user), "PGDATABASE": .plain(database),
            "PGAPPNAME": .plain(applicationName), "LC_ALL": "C.UTF-8",
        ]
        if let password { environment["PGPASSWORD"] = .secret(password) }
        if let options = parameters["options"] { environment["PGOPTIONS"] = .plain(options) }
        return environment
    }

    /// The variables by which PostgreSQL's own programs find this database; the password only as a secret.
    package func programEnvironment(applicationName: String) -> [String: EnvironmentValue] {
        // What a session of our own would take out of the environment, a program takes as well.
        let variables = Endpoint.variables
        var environment = CommandSpec.inherited(["PATH", "HOME", "PGPASSWORD"] + variables.values)
        environment["PGHOST"] = .plain(host)
        environment["PGPORT"] = .plain(String(port))
        environment["PGUSER"] = .plain(user)
        environment["PGDATABASE"] = .plain(database)
        environment["PGAPPNAME"] = .plain(applicationName)
        environment["LC_ALL"] = "C.UTF-8"
        if let password { environment["PGPASSWORD"] = .secret(password) }
        for (name, value) in parameters {
            if let variable = variables[name] { environment[variable] = .plain(value) }
        }
        return environment
    }

    /// libpq's connection parameters that have an environment variable; those above apart.
    private static let variables = [
        "hostaddr": "PGHOSTADDR", "passfile": "PGPASSFILE", "channel_binding": "PGCHANNELBINDING",
        "options": "PGOPTIONS", "sslmode": "PGSSLMODE", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
        "sslrootcert": "PGSSLROOTCERT", "sslcrl": "PGSSLCRL", "sslcrldir": "PGSSLCRLDIR", "sslsni": "PGSSLSNI",
        "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION", "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
        "requirepeer": "PGREQUIREPEER", "gssencmode": "PGGSSENCMODE", "krbsrvname": "PGKRBSRVNAME",
        "gsslib": "PGGSSLIB", "connect_timeout": "PGCONNECT_TIMEOUT", "target_session_attrs": "PGTARGETSESSIONATTRS",
    ]
}
