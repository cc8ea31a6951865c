import Effects
package import Postgres
package import Secrets
import Settings

/// The password of the role that the backend connects as: whether it is a certain one, and how it gets another.
package struct RolePassword {
    /// What became of a login over the backend's own route.
    package enum Answer: Equatable, Sendable {
        /// The server asked for the password, and took it.
        case accepted
        case refused
        /// The server lets the role in without a password, so that nothing is proven by it.
        case notAsked
        /// No session came about, for another reason; a clause.
        case noSession(String)
    }

    private let instance: InstanceAccess
    private let endpoint: Endpoint

    /// - Throws: `PostgresFault.notNamed` where nothing says how the backend reaches its database.
    package init(_ instance: InstanceAccess) throws(PostgresFault) {
        self.instance = instance
        endpoint = try DatabaseConnections(instance).backendEndpoint()
    }

    /// The role that the backend connects as, and where.
    package var role: String { endpoint.user }
    package var server: String { endpoint.server }
    /// What the backend is given as the password; nil where nothing is.
    package var given: Secret? { endpoint.password }

    /// Whether a session of this program depends on the role's password.
    package func isNeeded(by connection: Connection) -> Bool {
        connection.usedPassword && connection.endpoint.user == role
    }

    /// Logs in with a password.
    ///
    /// - Throws: `PostgresFault.pooler`, `.interrupted`.
    package func trial(_ password: Secret) throws(PostgresFault) -> Answer {
        do throws(PostgresFault) {
            let connection = try Connection.open(
                endpoint.with(password: password), role: "rotate", effects: instance.surroundings.effects,
                cancellation: instance.surroundings.cancellation)
            defer { connection.close() }
            return connection.usedPassword ? .accepted : .notAsked
        } catch {
            switch error {
            case .wrongPassword: return .refused
            case .pooler, .interrupted: throw error
            default: return .noSession(error.message)
            }
        }
    }

    /// Whether the role has a password: by logging in with it, or else by what the server keeps of it.
    ///
    /// - Parameter connection: a session of this program.
    /// - Returns: nil where nothing tells.
    package func isInForce(_ password: Secret, _ connection: Connection) throws -> Bool? {
        switch try trial(password) {
        case .accepted: return true
        case .refused: return false
        case .notAsked, .noSession:
            guard let text = try connection.storedVerifier(of: role) else { return nil }
            return try ScramVerifier(text)?.accepts(password)
        }
    }

    /// Finds out whether this program may give the role a password, and whether the server takes this one; nothing stays.
    package func rehearse(_ password: Secret, _ connection: Connection) throws {
        struct Rehearsed: Error {}
        do {
            try connection.transaction {
                try connection.setPassword(password, of: role)
                throw Rehearsed()
            }
        } catch is Rehearsed {}
    }
}
