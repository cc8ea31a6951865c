/// From where a container is to be reached.
package enum Viewpoint: Sendable, Equatable {
    case host
    /// From inside another container of the same engine, which is attached to these networks.
    case container(networks: [String])
}

extension Container {
    /// How a port of a container is reached.
    package struct Address: Sendable, Equatable {
        package let host: String
        package let port: Int
        /// What it is: `published port` or `address in the network NAME`.
        package let route: String
    }

    /// The address of a TCP port; nil while it has none, because the container does not run or has no network.
    package func address(of inside: Int, from viewpoint: Viewpoint) -> Address? {
        switch viewpoint {
        case .host: published(inside, ports) ?? hostNetwork(inside) ?? attached(inside, networks)
        case .container(let shared):
            // A published port belongs to the host, whose loopback address is another one here.
            attached(inside, networks.filter { shared.contains($0.name) }) ?? attached(inside, networks)
        }
    }

    /// The address that a port will have once the container runs; nil where only the engine will say it.
    package func wantedAddress(of inside: Int, from viewpoint: Viewpoint) -> Address? {
        guard viewpoint == .host, let address = published(inside, wantedPorts), address.port != 0 else { return nil }
        return address
    }

    private func published(_ inside: Int, _ ports: [PublishedPort]) -> Address? {
        let bindings = ports.filter { $0.inside == "\(inside)/tcp" }
        // Both families are listed where all addresses are meant; either leads there.
        return (bindings.first { !$0.address.contains(":") } ?? bindings.first).map {
            Address(host: Container.reachable($0.address), port: $0.port, route: "published port")
        }
    }

    private func hostNetwork(_ inside: Int) -> Address? {
        usesHostNetwork ? Address(host: "127.0.0.1", port: inside, route: "the host's network") : nil
    }

    private func attached(_ inside: Int, _ networks: [Network]) -> Address? {
        networks.first { !$0.address.isEmpty }.map {
            Address(host: $0.address, port: inside, route: "address in the network \($0.name)")
        }
    }

    /// An address of the host that it can itself connect to.
    private static func reachable(_ address: String) -> String {
        switch address {
        case "", "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: address
        }
    }

    /// What other containers of its networks call it.
    package var hostNames: Set<String> {
        Set([name, String(id.prefix(12))] + (compose.map { [$0.service] } ?? []) + networks.flatMap(\.aliases))
    }
}
