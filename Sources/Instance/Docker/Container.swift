package import Effects
package import Secrets

/// A container as the engine describes it.
package struct Container: Sendable {
    /// What the engine says of its process.
    package enum State: String, Sendable, Decodable {
        case created, running, paused, restarting, removing, exited, dead
    }

    /// What the container's own health check says.
    package enum Health: String, Sendable, Decodable {
        /// It has no health check.
        case none
        case starting, healthy, unhealthy
    }

    /// A port of the container that the host listens on.
    package struct PublishedPort: Sendable, Equatable {
        /// As in `5432/tcp`.
        package let inside: String
        /// Address of the host; empty or `0.0.0.0` for all.
        package let address: String
        package let port: Int
    }

    /// A network that the container is attached to.
    package struct Network: Sendable, Equatable {
        package let name: String
        /// Address of the container; empty while it does not run.
        package let address: String
        package let aliases: [String]
    }

    package let id: String
    package let name: String
    /// Id of the image, `sha256:…`.
    package let image: String
    /// The image as it was asked for, such as `infisical/infisical:latest`.
    package let imageName: String
    package let state: State
    package let health: Health
    /// Of the last time it ended.
    package let exitCode: Int
    /// Whether the kernel killed it because memory ran out.
    package let isOutOfMemory: Bool
    /// Why the engine could not start it, in the engine's words; nil when it could.
    package let startFailure: String?
    /// Of its last start; nil for one that was never started.
    package let started: Timestamp?
    /// How often the engine has started it again.
    package let restarts: Int
    /// `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:RETRIES`.
    package let restartPolicy: String
    /// By name; fixed when the container was made.
    package let environment: [String: Secret]
    /// Nil for one that Compose did not make.
    package let compose: ComposeLabels?
    /// Those that are published now.
    package let ports: [PublishedPort]
    /// Those that it was made to publish when it runs; 0 stands for whichever is free then.
    package let wantedPorts: [PublishedPort]
    package let networks: [Network]
    /// Paths in the container that something is mounted at.
    package let mounts: [String]
    /// What is mounted there, by those paths: the name of a volume, or a path of the host.
    package let mounted: [String: String]
    /// Whether it shares the host's network.
    package let usesHostNetwork: Bool
}
