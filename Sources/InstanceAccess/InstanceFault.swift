package import Faults

/// Why something could not be done with the running instance.
package enum InstanceFault: Fault, Equatable {
    /// It runs without containers, and this needs them.
    case noContainers
    case missing(role: String, names: [String])
    /// Without containers, and the configuration names no command for it.
    case noCommand(key: String)
    /// `docker compose` is needed and not there.
    case composeMissing
    /// The container was made without Compose.
    case notComposed(container: String)
    case filesGone([String])
    /// The compose project would make another container than the one that runs.
    case drifted(container: String, differences: [String])
    case otherImage(container: String, wanted: String, got: String)
    /// The new container's environment is not what the files say.
    case otherEnvironment(container: String, names: [String])
    case unhealthy(role: String, condition: String, reason: String, hints: [Hint])
    case commandFailed(key: String, reason: String)
    /// The backend was told to stop, and something of it is still there.
    case notStopped([String])
    /// The key that the next start would take does not open the database; whether that of the env file, which only a new
    /// container takes, would.
    case keyWouldNotOpen(String, envFileOpens: Bool)

    package var code: String {
        switch self {
        case .noContainers: "instance.no-containers"
        case .missing: "instance.container-missing"
        case .noCommand: "instance.no-command"
        case .composeMissing: "instance.compose-missing"
        case .notComposed: "instance.not-composed"
        case .filesGone: "instance.compose-files-gone"
        case .drifted: "instance.drifted"
        case .otherImage: "instance.other-image"
        case .otherEnvironment: "instance.other-environment"
        case .unhealthy: "instance.unhealthy"
        case .commandFailed: "instance.command-failed"
        case .notStopped: "instance.not-stopped"
        case .keyWouldNotOpen: "instance.key-would-not-open"
        }
    }

    package var message: String {
        switch self {
        case .noContainers: "the instance runs without containers (instance.containers is none)"
        case .missing(let role, let names):
            "the container of the \(role) is not there" + (names.isEmpty ? "" : " (\(names.joined(separator: ", ")))")
        case .noCommand(let key): "the instance runs without containers, and \(key) is not configured"
        case .composeMissing: "neither docker compose nor docker-compose is there"
        case .notComposed(let container):
            "the container \(container) was not made by Compose, so how to make it again is not known"
        case .filesGone(let files):
            "files that the containers were made from are gone: \(files.joined(separator: ", "))"
        case .drifted(let container, let differences):
            "Compose would make another container than \(container), not only with other values: "
                + differences.joined(separator: "; ")
        case .otherImage(let container, let wanted, let got):
            "the new container \(container) runs the image \(got) instead of \(wanted)"
        case .otherEnvironment(let container, let names):
            "the new container \(container) was made with other values than the files have: "
                + names.joined(separator: ", ")
        case .unhealthy(let role, let condition, let reason, _):
            "the \(role) is not healthy after the restart: \(condition)" + (reason.isEmpty ? "" : ": \(reason)")
        case .commandFailed(let key, let reason): "\(key) failed: \(reason)"
        case .notStopped(let left): "the backend was told to stop and is still there: \(left.joined(separator: "; "))"
        case .keyWouldNotOpen(let reason, _):
            "the backend would not start again, its key does not open the database: \(reason)"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .noContainers: [.check("look at the logs where your service manager keeps them")]
        case .missing: [.command(["docker", "ps", "--all"]), .command(["infisical-ops", "health"])]
        case .noCommand: [.check("name it as a list under instance.commands in infisical-ops.yaml")]
        case .composeMissing: [.command(["apt-get", "install", "docker-compose"])]
        case .notComposed(let container):
            [
                .command(["docker", "inspect", container]),
                .check(
                    "remove it and run it again with the same options and the new values; "
                        + "restart without --recreate works"),
            ]
        case .filesGone:
            [
                .check("put them back, or run docker compose up -d once where they are now"),
                .command(["docker", "compose", "ls", "--all"]),
            ]
        case .drifted(let container, _):
            [
                .command(["docker", "inspect", container]),
                .check("apply the change of the compose file with docker compose up -d first, when it is meant"),
            ]
        case .otherImage, .otherEnvironment: [.command(["infisical-ops", "health"])]
        case .unhealthy(_, _, _, let hints): hints + [.command(["infisical-ops", "health", "--wait", "2m"])]
        case .commandFailed: [.command(["infisical-ops", "config", "show"]), .command(["infisical-ops", "health"])]
        case .notStopped:
            [
                .check("stop every backend of this database, and what else keeps a session with it"),
                .check("without containers: does the command under instance.commands.stop wait until it has ended?"),
                .command(["infisical-ops", "health"]),
            ]
        case .keyWouldNotOpen(_, envFileOpens: true):
            [.command(["infisical-ops", "restart", "--recreate", "--service", "backend"])]
        case .keyWouldNotOpen(_, envFileOpens: false):
            [
                .command(["infisical-ops", "restore", "latest", "--files", "./kept"]),
                .check("put the ENCRYPTION_KEY of the kept env file back into the instance's env file"),
            ]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .unhealthy, .missing: .unhealthy
        case .keyWouldNotOpen: .keyMismatch
        case .otherImage, .otherEnvironment, .commandFailed, .notStopped: .failed
        default: .refused
        }
    }
}
