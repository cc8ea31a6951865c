package import Secrets

/// What the instance's own containers say of it. It stands in for what the operator did not write down, and weighs less
/// than what the env files say.
package struct DiscoveredInstance: Sendable {
    /// The container of PostgreSQL, and how it is reached from here.
    package struct Database: Sendable {
        package let container: String
        package let host: String
        package let port: Int
        /// What that address is, such as `published port`.
        package let route: String
        package let name: String
        package let user: String
        package let password: Secret?
        /// What it is called in its networks: a host of this name is this container.
        package let aliases: Set<String>

        package init(
            container: String, host: String, port: Int, route: String, name: String, user: String, password: Secret?,
            aliases: Set<String>
        ) {
            self.container = container
            self.host = host
            self.port = port
            self.route = route
            self.name = name
            self.user = user
            self.password = password
            self.aliases = aliases
        }
    }

    /// The backend, and what it was made with.
    package struct Backend: Sendable {
        package let container: String
        package let environment: [String: Secret]

        package init(container: String, environment: [String: Secret]) {
            self.container = container
            self.environment = environment
        }
    }

    package var database: Database?
    package var backend: Backend?
    /// The project's env files that exist, later ones overriding earlier ones.
    package var envFiles: [String] = []
    /// The project's compose files that exist.
    package var composeFiles: [String] = []
    /// Env files of the project's other services, which exist: Compose reads none of the project without them.
    package var otherFiles: [String] = []
    /// The container that named the files.
    package var fileOrigin: Origin?
    /// What is probably not meant, one sentence each.
    package var notes: [String] = []

    package init() {}
}

extension DiscoveredInstance.Database {
    private func origin(_ detail: String) -> Origin { .container(container, detail: detail) }

    /// `parts` with the container's address in place of its name, which only its networks know.
    func located(_ parts: DatabaseParts) -> DatabaseParts {
        if let given = parts.host?.value, !aliases.contains(given) { return parts }
        var located = parts
        located.certificateName = parts.host?.value
        located.host = Sourced(host, origin(route))
        located.port = Sourced(port, origin(route))
        return located
    }

    /// What the container was made with. Its image sets up the database with it once, so anything else knows better.
    var made: DatabaseParts {
        var parts = DatabaseParts()
        parts.name = Sourced(name, origin("POSTGRES_DB"))
        parts.user = Sourced(user, origin("POSTGRES_USER"))
        parts.password = password.map { Sourced($0, origin("POSTGRES_PASSWORD")) }
        return parts
    }
}
