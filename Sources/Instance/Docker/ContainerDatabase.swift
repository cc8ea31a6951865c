package import Secrets

/// How the PostgreSQL of a container is reached from here, as the container itself tells.
package struct ContainerDatabase: Sendable {
    package let host: String
    package let port: Int
    /// What its address is: `published port` or `address in the network NAME`.
    package let route: String
    package let name: String
    package let user: String
    package let password: Secret?

    private static let inside = 5432

    /// - Returns: nil while it has no address, because it does not run or has no network.
    package init?(_ container: Container, from viewpoint: Viewpoint) {
        guard let address = container.address(of: ContainerDatabase.inside, from: viewpoint) else { return nil }
        (host, port, route) = (address.host, address.port, address.route)
        // What the image `postgres` takes for what is not given.
        let text = { (name: String) in
            container.environment[name].map { $0.revealedText() }
                .flatMap { $0.isEmpty ? nil : $0 }
        }
        user = text("POSTGRES_USER") ?? "postgres"
        name = text("POSTGRES_DB") ?? user
        password = container.environment["POSTGRES_PASSWORD"].flatMap { $0.count == 0 ? nil : $0 }
    }
}
