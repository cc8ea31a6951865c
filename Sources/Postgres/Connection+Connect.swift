import CLibPQ
package import Effects
import Glibc
import Processes
import Secrets

extension Connection {
    /// Opens a session, checks the server's version, and pins the session's settings.
    ///
    /// - Parameters:
    ///   - role: what the session is for; shown by the server as `infisical-ops <role>`.
    ///   - use: decides what is pinned.
    ///   - visitsPooler: through a pooler, which gives the session to others afterwards, to read in one transaction that
    ///     leaves nothing behind, instead of refusing it.
    ///   - deadline: seconds until the attempt is given up, and as many for the pins.
    package static func open(
        _ endpoint: Endpoint, role: String, use: SessionUse = .reading, visitsPooler: Bool = false, effects: Effects,
        cancellation: Cancellation, deadline: Int = 15
    ) throws(PostgresFault) -> Connection {
        let attempt = { (options: String?) throws(PostgresFault) -> Connection in
            let connection = try effects.perform(
                .connect, endpoint.server, failure: { .connectFailed(server: endpoint.server, reason: $0.text) }
            ) { () throws(PostgresFault) -> Connection in
                try connect(
                    endpoint, role: role, options: options, effects: effects, cancellation: cancellation,
                    seconds: deadline)
            }
            guard connection.serverVersion >= .oldest else {
                throw .tooOld(connection.serverVersion, server: endpoint.server)
            }
            return connection
        }
        do throws(PostgresFault) {
            let connection = try attempt(endpoint.startupOptions(use))
            try connection.verify(use, seconds: deadline)
            return connection
        } catch {
            guard visitsPooler, case .pooler = error else { throw error }
        }
        let connection = try attempt(nil)
        try connection.visit(seconds: deadline)
        connection.isVisit = true
        return connection
    }

    private static func connect(
        _ endpoint: Endpoint, role: String, options: String?, effects: Effects, cancellation: Cancellation, seconds: Int
    ) throws(PostgresFault) -> Connection {
        try ConnectionFiles.check(endpoint, effects)
        let certificates: HeldFile?
        do { certificates = try HeldFile.holding(endpoint.authority?.pem) } catch {
            throw .connectFailed(server: endpoint.server, reason: error.text)
        }
        // libpq reads it during the handshake.
        let path = certificates.map { "/proc/self/fd/\($0.descriptor)" }
        defer { withExtendedLifetime(certificates) {} }
        guard let handle = start(endpoint, role: role, options: options, certificates: path) else {
            throw .connectFailed(server: endpoint.server, reason: "there is no memory left")
        }
        // From here on the connection is released whatever happens.
        let connection = Connection(
            owning: handle, endpoint: endpoint, effects: effects, cancellation: cancellation)
        // libpq would print the server's notices on standard error.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        // libpq 15 does not tell the SQLSTATE of a refused connection; in this verbosity its message contains it.
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        let deadline = Deadline(seconds: Double(seconds))
        while PQstatus(handle) != CONNECTION_BAD {
            let wanted: Int32
            switch PQconnectPoll(handle) {
            case PGRES_POLLING_OK:
                PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
                PQsetnonblocking(handle, 1)
                return connection
            case PGRES_POLLING_READING: wanted = POLLIN
            case PGRES_POLLING_WRITING: wanted = POLLOUT
            default: throw ConnectFailure.fault(handle, endpoint)
            }
            do {
                _ = try cancellation.wait(
                    for: PQsocket(handle), events: wanted, milliseconds: deadline.millisecondsLeft)
            } catch { throw .interrupted(error) }
            if deadline.hasPassed { throw .connectTimedOut(server: endpoint.server, seconds: seconds) }
        }
        throw ConnectFailure.fault(handle, endpoint)
    }

    private static func start(
        _ endpoint: Endpoint, role: String, options: String?, certificates: String?
    ) -> OpaquePointer? {
        let location = endpoint.location
        var parameters = endpoint.parameters
        if let certificates { parameters["sslrootcert"] = certificates }
        if let address = location.address { parameters["hostaddr"] = address }
        parameters["options"] = options
        parameters["client_encoding"] = "UTF8"
        parameters["host"] = location.host
        parameters["port"] = String(endpoint.port)
        parameters["dbname"] = endpoint.database
        parameters["user"] = endpoint.user
        parameters["application_name"] = "infisical-ops \(role)"
        // A server that vanished without a word is noticed after about a minute.
        for (name, value) in [
            "keepalives": "1", "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3",
        ]
        where parameters[name] == nil {
            parameters[name] = value
        }
        var copies: [UnsafeMutablePointer<CChar>?] = []
        defer { for copy in copies { free(copy) } }
        var keywords: [UnsafePointer<CChar>?] = [], values: [UnsafePointer<CChar>?] = []
        for (name, value) in parameters {
            let keyword = strdup(name), content = strdup(value)
            copies += [keyword, content]
            keywords.append(UnsafePointer(keyword))
            values.append(UnsafePointer(content))
        }
        guard let password = endpoint.password else {
            return PQconnectStartParams(keywords + [nil], values + [nil], 0)
        }
        let keyword = strdup("password")
        copies.append(keyword)
        return password.withCString { password in
            PQconnectStartParams(keywords + [UnsafePointer(keyword), nil], values + [password, nil], 0)
        }
    }
}
