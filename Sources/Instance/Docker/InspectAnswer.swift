import Effects
import FoundationEssentials
import Secrets

/// The part of `docker inspect`'s answer that is used, in the words of the Engine API (`GET /containers/{id}/json`).
struct InspectAnswer: Decodable {
    struct State: Decodable {
        struct Health: Decodable {
            // A word that came later than this program is no reason to read nothing.
            let status: String
            private enum CodingKeys: String, CodingKey { case status = "Status" }
        }
        let status: String
        let isOutOfMemory: Bool?
        let exitCode: Int?
        let error: String?
        let startedAt: String?
        let health: Health?
        private enum CodingKeys: String, CodingKey {
            case status = "Status", isOutOfMemory = "OOMKilled", exitCode = "ExitCode", error = "Error",
                startedAt = "StartedAt", health = "Health"
        }

        /// RFC 3339 with fractions of a second: Docker writes UTC, podman the host's own time and its distance from that;
        /// the year 1 means never.
        var started: Timestamp? {
            guard let startedAt, !startedAt.hasPrefix("0001-"),
                let local = Timestamp(iso8601: startedAt.prefix(19) + "Z")
            else { return nil }
            let zone = startedAt.suffix(6).split(separator: ":").compactMap { Int($0) }
            guard let sign = startedAt.suffix(6).first, sign == "+" || sign == "-", zone.count == 2 else {
                return local
            }
            let distance = abs(zone[0]) * 3600 + zone[1] * 60
            return Timestamp(seconds: local.seconds + Int64(sign == "+" ? -distance : distance))
        }
    }
    struct Config: Decodable {
        let image: String?
        let environment: [String]?
        let labels: [String: String]?
        private enum CodingKeys: String, CodingKey { case image = "Image", environment = "Env", labels = "Labels" }
    }
    struct HostConfig: Decodable {
        struct RestartPolicy: Decodable {
            let name: String?
            let retries: Int?
            private enum CodingKeys: String, CodingKey { case name = "Name", retries = "MaximumRetryCount" }

            /// In the words that the engine takes for it.
            var argument: String {
                guard let name, !name.isEmpty else { return "no" }
                return name == "on-failure" && (retries ?? 0) > 0 ? "\(name):\(retries ?? 0)" : name
            }
        }
        let networkMode: String?
        let restartPolicy: RestartPolicy?
        let ports: [String: [NetworkSettings.Binding]?]?
        private enum CodingKeys: String, CodingKey {
            case networkMode = "NetworkMode", restartPolicy = "RestartPolicy", ports = "PortBindings"
        }
    }
    struct NetworkSettings: Decodable {
        struct Binding: Decodable {
            let address: String?
            let port: String?
            private enum CodingKeys: String, CodingKey { case address = "HostIp", port = "HostPort" }
        }
        struct Network: Decodable {
            let address: String?
            let address6: String?
            let aliases: [String]?
            private enum CodingKeys: String, CodingKey {
                case address = "IPAddress", address6 = "GlobalIPv6Address", aliases = "Aliases"
            }
        }
        let ports: [String: [Binding]?]?
        let networks: [String: Network]?
        private enum CodingKeys: String, CodingKey { case ports = "Ports", networks = "Networks" }
    }

    struct Mount: Decodable {
        let target: String?
        let volume: String?
        let source: String?
        private enum CodingKeys: String, CodingKey { case target = "Destination", volume = "Name", source = "Source" }
    }

    let id: String
    let name: String
    let image: String
    let restarts: Int?
    let state: State
    let config: Config
    let hostConfig: HostConfig?
    let network: NetworkSettings?
    let mounts: [Mount]?
    private enum CodingKeys: String, CodingKey {
        case id = "Id", name = "Name", image = "Image", restarts = "RestartCount", state = "State", config = "Config",
            hostConfig = "HostConfig", network = "NetworkSettings", mounts = "Mounts"
    }

    /// - Throws: `DockerFault.unexpectedAnswer`.
    static func containers(_ json: [UInt8]) throws(DockerFault) -> [Container] {
        let answers: [InspectAnswer]
        do { answers = try JSONDecoder().decode([InspectAnswer].self, from: Data(json)) } catch {
            // The decoder's own words quote the text, which holds the container's environment.
            throw .unexpectedAnswer("docker inspect")
        }
        var containers: [Container] = []
        for answer in answers { containers.append(try answer.container()) }
        return containers
    }

    private func container() throws(DockerFault) -> Container {
        guard let known = Container.State(rawValue: state.status) ?? InspectAnswer.podman[state.status] else {
            throw .unexpectedAnswer("the state \(state.status) of the container \(name)")
        }
        // Podman says nothing for "no check", not that there is none.
        let health = state.health.flatMap {
            $0.status.isEmpty ? nil : Container.Health(rawValue: $0.status) ?? .starting
        }
        return Container(
            id: id, name: name.hasPrefix("/") ? String(name.dropFirst()) : name, image: image,
            imageName: config.image ?? image, state: known, health: health ?? .none, exitCode: state.exitCode ?? 0,
            isOutOfMemory: state.isOutOfMemory ?? false,
            startFailure: state.error.flatMap { $0.isEmpty ? nil : $0 }, started: state.started,
            restarts: restarts ?? 0,
            restartPolicy: hostConfig?.restartPolicy?.argument ?? "no", environment: environment,
            compose: ComposeLabels(config.labels ?? [:]), ports: InspectAnswer.ports(network?.ports),
            wantedPorts: InspectAnswer.ports(hostConfig?.ports),
            networks: networks,
            mounts: (mounts ?? []).compactMap(\.target),
            mounted: Dictionary(
                (mounts ?? []).compactMap { mount in
                    let name = mount.volume.flatMap { $0.isEmpty ? nil : $0 } ?? mount.source
                    return mount.target.flatMap { target in name.map { (target, $0) } }
                }, uniquingKeysWith: { $1 }),
            usesHostNetwork: hostConfig?.networkMode == "host")
    }

    /// Podman's own words, in the engine's.
    private static let podman: [String: Container.State] = [
        "configured": .created, "initialized": .created, "stopping": .removing, "stopped": .exited,
    ]

    private var environment: [String: Secret] {
        var environment: [String: Secret] = [:]
        for line in config.environment ?? [] {
            guard let sign = line.firstIndex(of: "=") else { continue }
            var value = Array(line[line.index(after: sign)...].utf8)
            environment[String(line[..<sign])] = Secret(consuming: &value)
        }
        return environment
    }

    private static func ports(_ all: [String: [NetworkSettings.Binding]?]?) -> [Container.PublishedPort] {
        (all ?? [:]).flatMap { inside, bindings in
            (bindings ?? []).compactMap { binding in
                binding.port.flatMap { Int($0) }.map {
                    Container.PublishedPort(inside: inside, address: binding.address ?? "", port: $0)
                }
            }
        }.sorted { ($0.inside, $0.address, $0.port) < ($1.inside, $1.address, $1.port) }
    }

    private var networks: [Container.Network] {
        (network?.networks ?? [:]).map { name, network in
            let address = network.address ?? ""
            return Container.Network(
                name: name, address: address.isEmpty ? network.address6 ?? "" : address,
                aliases: network.aliases ?? [])
        }.sorted { $0.name < $1.name }
    }
}
