import CLibPQ
package import Secrets

/// Passwords of roles. The server gets a verifier that was made here, never the password itself: what it writes into its log,
/// and what a replica is sent, opens nothing.
extension Connection {
    /// Gives a role another password.
    ///
    /// - Throws: `permissionDenied`; `statementFailed` where there is no such role, or a check of the server's refuses it.
    package func setPassword(_ password: Secret, of role: String) throws(PostgresFault) {
        let verifier = try verifier(of: password, for: role)
        try query("ALTER ROLE \(identifier: role) PASSWORD \(literal: verifier)")
    }

    /// What the server keeps instead of the role's password; nil where it keeps none, or this user may not read it.
    package func storedVerifier(of role: String) throws(PostgresFault) -> String? {
        do throws(PostgresFault) {
            return try query(
                "SELECT rolpassword::text AS verifier FROM pg_catalog.pg_authid WHERE rolname = \(role)"
            ).first?.stringIfAny("verifier")
        } catch {
            if case .permissionDenied = error { return nil }
            throw error
        }
    }

    /// SCRAM's, whatever the server's `password_encryption` says: left to that, it could be MD5's.
    private func verifier(of password: Secret, for role: String) throws(PostgresFault) -> String {
        let handle = try open("ALTER")
        let made = password.withCString { PQencryptPasswordConn(handle, $0, role, "scram-sha-256") }
        guard let made else { throw .unexpectedAnswer("no verifier of the new password could be made") }
        defer { PQfreemem(made) }
        return String(cString: made)
    }
}
