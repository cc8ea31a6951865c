package import Secrets

/// Passwords of which a role has one, while it is not known which.
package struct PasswordCandidates: Sendable {
    package let role: String
    /// In the order in which they are tried.
    package let passwords: [Secret]

    package init(role: String, passwords: [Secret]) {
        self.role = role
        self.passwords = passwords
    }
}
