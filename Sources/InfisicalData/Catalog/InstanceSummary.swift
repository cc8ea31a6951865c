/// How much an Infisical database holds, as its users would count it.
package struct InstanceSummary: Sendable, Equatable {
    /// People; the ghost users that Infisical makes for itself are left out.
    package let users: Int
    /// Projects that are not deleted.
    package let projects: Int
    /// Secrets, personal values included, as the server lists them: copies in reserved folders and the rows that an
    /// upgraded project left behind in `secrets` are not counted.
    package let secrets: Int

    package init(users: Int, projects: Int, secrets: Int) {
        self.users = users
        self.projects = projects
        self.secrets = secrets
    }
}
