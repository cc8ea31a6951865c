package import Secrets

/// How the PostgreSQL of a container is reached from this host, as the container itself tells.
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
    package init?(_ container: Container) {
        let published = container.ports.filter { $0.inside == "\(ContainerDatabase.inside)/tcp" }
        // Both families are listed where all addresses are meant; either leads there.
        if let port = published.first(where: { !$0.address.contains(":") }) ?? published.first {
            host = ContainerDatabase.reachable(port.address)
            self.port = port.port
            route = "published port"
        } else if container.usesHostNetwork {
            (host, port, route) = ("127.0.0.1", ContainerDatabase.inside, "the host's network")
        } else if let network = container.networks.first(where: { !$0.address.isEmpty }) {
            (host, port, route) = (network.address, ContainerDatabase.inside, "address in the network \(network.name)")
        } else {
            return nil
        }
        // What the image `postgres` takes for what is not given.
        let text = { (name: String) in
            container.environment[name].map { $0.withBytes { String(decoding: $0, as: UTF8.self) } }
                .flatMap { $0.isEmpty ? nil : $0 }
        }
        user = text("POSTGRES_USER") ?? "postgres"
        name = text("POSTGRES_DB") ?? user
        password = container.environment["POSTGRES_PASSWORD"].flatMap { $0.count == 0 ? nil : $0 }
    }

    /// An address of the host that it can itself connect to.
    private static func reachable(_ address: String) -> String {
        switch address {
        case "", "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: address
        }
    }
}
