import FoundationEssentials
import Processes

extension Docker {
    /// A volume of the engine.
    package struct Volume: Sendable, Equatable {
        package let name: String
        /// Where its files lie on the engine's host.
        package let folder: String
        /// The compose project that it was made for; nil where Compose did not make it.
        package let project: String?
    }

    /// The volumes of these names; those that do not exist are left out.
    package func volumes(_ names: [String]) throws -> [Volume] {
        struct Answer: Decodable {
            let Name: String
            let Mountpoint: String?
            let Labels: [String: String]?
        }
        if names.isEmpty { return [] }
        let result = try run(["volume", "inspect"] + names)
        // It fails where one is missing, and where there is no engine; what it prints is the same.
        if result.status != .exited(0) { try requireEngine() }
        guard let answers = decoded([Answer].self, result.output) else {
            throw DockerFault.unexpectedAnswer("docker volume inspect")
        }
        return answers.map {
            Volume(name: $0.Name, folder: $0.Mountpoint ?? "", project: $0.Labels?["com.docker.compose.project"])
        }
    }

    package func createVolume(_ name: String) throws {
        try change(["volume", "create", name], within: Docker.patience)
    }

    /// Which of these networks the engine has.
    package func networks(_ names: [String]) throws -> Set<String> {
        struct Answer: Decodable {
            let Name: String?
            // What podman calls it.
            let name: String?
        }
        if names.isEmpty { return [] }
        let result = try run(["network", "inspect"] + names)
        // It fails where one is missing, and where there is no engine; what it prints is the same.
        if result.status != .exited(0) { try requireEngine() }
        guard let answers = decoded([Answer].self, result.output) else {
            throw DockerFault.unexpectedAnswer("docker network inspect")
        }
        return Set(answers.compactMap { $0.Name ?? $0.name })
    }

    /// Makes a network with the engine's usual settings.
    package func createNetwork(_ name: String) throws {
        try change(["network", "create", name], within: Docker.patience)
    }

    /// Fetches an image by its digest, or by its name.
    package func pull(_ image: String) throws { try change(["pull", "--quiet", image], within: .seconds(1800)) }
}
