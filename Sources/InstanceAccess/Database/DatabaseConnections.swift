import Crypto
import DurableFiles
package import Effects
import Faults
import Instance
package import Postgres
package import Processes
package import Secrets
import Settings

/// Opens sessions with the databases that the configuration names.
package struct DatabaseConnections: Sendable {
    /// Which of the instance's databases.
    package enum Role: String, Sendable {
        case main
        /// The second database, which holds only audit logs.
        case auditLogs = "audit-logs"
    }

    private let instance: InstanceAccess

    package init(_ instance: InstanceAccess) { self.instance = instance }

    /// Whether the instance keeps its audit logs in a database of their own.
    package var hasAuditLogs: Bool { instance.configuration.auditLogs != nil }

    private func target(_ role: Role) -> DatabaseTarget {
        switch role {
        case .main: instance.configuration.database
        case .auditLogs: instance.configuration.auditLogs ?? instance.configuration.database
        }
    }

    /// What the database is called.
    package func name(_ role: Role) -> String { target(role).name }

    /// - Throws: `PostgresFault.notNamed`: a default address may be that of any other database.
    package func endpoint(_ role: Role) throws(PostgresFault) -> Endpoint {
        var endpoint = try endpoint(target(role))
        if role == .main, let found = instance.discovery.settings?.database {
            let own = "\(found.host):\(found.port)"
            endpoint.direct = own == endpoint.server ? nil : own
        }
        return endpoint
    }

    /// The main database as the backend is told of it, whatever is configured for this program.
    ///
    /// - Throws: `PostgresFault.notNamed`.
    package func backendEndpoint() throws(PostgresFault) -> Endpoint {
        try endpoint(instance.configuration.backendDatabase)
    }

    private func endpoint(_ target: DatabaseTarget) throws(PostgresFault) -> Endpoint {
        guard target.isNamed else { throw PostgresFault.notNamed }
        var parameters: [String: String] = [:]
        for parameter in target.parameters { parameters[parameter.name] = parameter.value }
        var endpoint = Endpoint(
            host: target.host ?? DatabaseTarget.standardHost, port: target.port, database: target.name,
            user: target.user,
            password: target.password, passwordOrigin: target.passwordOrigin?.description, parameters: parameters)
        if let authority = target.authority {
            let read = CertificateFile(authority.pem, withTrust: true)
            // Where none can be read, no certificate is accepted, there and here.
            endpoint.authority =
                read.certificates.isEmpty ? authority : CertificateAuthority(pem: read.pem, origin: authority.origin)
            endpoint.authorityNote = read.certificates.isEmpty ? nil : read.note(authority.origin)
        }
        if target.trustsPublicAuthorities {
            if let authorities = NodeAuthorities(instance).all() {
                endpoint.parameters["sslrootcert"] = nil
                endpoint.authority = authorities
            }
            endpoint.authorityNote = instance.authorityNote
        }
        endpoint.certificateName = target.certificateName
        return endpoint
    }

    /// - Parameters:
    ///   - role: which database.
    ///   - purpose: shown by the server as part of the application's name.
    ///   - visitsPooler: see `Connection.open`.
    ///   - cancellation: ends the session's work; that of the run when nil.
    package func open(
        _ role: Role, role purpose: String, visitsPooler: Bool = false, cancellation: Cancellation? = nil,
        deadline: Int = 15
    ) throws -> Connection {
        if role == .main, let fault = instance.passwordFault { throw fault }
        try requireAddress(role)
        return try explained(role) { () throws(PostgresFault) in
            try trying(try endpoint(role)) { (endpoint) throws(PostgresFault) in
                try Connection.open(
                    endpoint, role: purpose, visitsPooler: visitsPooler, effects: instance.surroundings.effects,
                    cancellation: cancellation ?? instance.surroundings.cancellation, deadline: deadline)
            }
        }
    }

    /// The password that the main database's server takes; nil where it asks for none.
    package func acceptedPassword() throws -> Secret? {
        let connection = try open(.main, role: "rotate", visitsPooler: true, deadline: 5)
        defer { connection.close() }
        return connection.endpoint.password
    }

    /// A session with the server of the live database that does not keep that from being renamed.
    package func openBeside(_ purpose: String, in database: String = "template1") throws -> Connection {
        try requireAddress(.main)
        return try explained(.main) { () throws(PostgresFault) in
            try trying(try endpoint(.main).with(database: database)) { (endpoint) throws(PostgresFault) in
                try Connection.open(
                    endpoint, role: purpose, use: .writing, effects: instance.surroundings.effects,
                    cancellation: instance.surroundings.cancellation)
            }
        }
    }

    /// Where the configured password is refused, one that the role may have by now.
    private func trying(
        _ endpoint: Endpoint, _ open: (Endpoint) throws(PostgresFault) -> Connection
    ) throws(PostgresFault) -> Connection {
        do { return try open(endpoint) } catch {
            guard case .wrongPassword = error, let candidates = instance.passwordCandidates,
                candidates.role == endpoint.user
            else { throw error }
            for password in candidates.passwords where endpoint.password?.equals(password) != true {
                do { return try open(endpoint.with(password: password)) } catch {
                    guard case .wrongPassword = error else { throw error }
                }
            }
            throw error
        }
    }

    /// An address that nothing names may have stood in an env file that is gone, and one that another env file names may
    /// have been overridden there.
    private func requireAddress(_ role: Role) throws(SettingsFault) {
        switch target(role).origin {
        case .standard, .envFile: try instance.configuration.requireEnvFiles()
        case .file, .flag, .environment, .container, .credential: break
        }
    }

    private func explained(_ role: Role, _ open: () throws(PostgresFault) -> Connection) throws -> Connection {
        do { return try open() } catch {
            // The address may be one that only the containers' networks know.
            guard error.isAboutTheAddress, let reason = undiscovered(role) else { throw error }
            throw UndiscoveredDatabase(cause: error, reason: reason)
        }
    }

    /// Why no container leads to the database; nil where one does, or none is meant to.
    private func undiscovered(_ role: Role) -> UndiscoveredDatabase.Reason? {
        if isAddressConfigured(role) { return nil }
        if let fault = instance.discovery.fault { return .notFound(fault) }
        guard let container = instance.containers?[.database],
            container.hostNames.contains(target(role).host ?? DatabaseTarget.standardHost) || target(role).host == nil
        else { return nil }
        let condition = ContainerCondition(
            container, name: container.name, now: instance.surroundings.clock.now())
        return container.state == .running
            ? nil : .notRunning(container: container.name, condition.reason)
    }

    private func isAddressConfigured(_ role: Role) -> Bool {
        switch target(role).origin {
        case .file, .flag, .environment: true
        case .standard, .envFile, .container, .credential: false
        }
    }

    /// PostgreSQL's programs for one of the databases; in its container if that is where it is reached.
    package func programs(_ role: Role, runner: ProcessRunner) -> PostgresPrograms {
        PostgresPrograms(
            runner: runner, pgDump: instance.configuration.pgDump, container: programContainer(role))
    }

    private func programContainer(_ role: Role) -> ProgramContainer? {
        guard case .container(let name, _) = target(role).origin,
            let container = instance.discovery.containers?[.database], container.name == name
        else { return nil }
        return ProgramContainer(docker: instance.surroundings.docker, id: container.id)
    }

    /// The folder of the database's files if it lies on this host and this user may know it; nil otherwise.
    package func localDataFolder() throws -> String? {
        let connection: Connection
        do { connection = try open(.main, role: "init", deadline: 5) } catch { return nil }
        defer { connection.close() }
        let host = try endpoint(.main).host
        guard host.hasPrefix("/") || ["localhost", "127.0.0.1", "::1"].contains(host),
            let folder = try ServerFacts.read(connection).dataDirectory,
            try instance.surroundings.files.status(folder, followingLinks: true) != nil
        else { return nil }
        return folder
    }
}
