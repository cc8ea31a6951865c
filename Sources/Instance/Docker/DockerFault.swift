package import Faults

/// What can go wrong between this program and a container engine. Never holds a container's environment.
package enum DockerFault: Fault, Equatable {
    case notInstalled
    /// Nothing answers at the engine's address.
    case engineNotRunning(address: String)
    /// The socket is there, but this user may not use it.
    case noPermission(socket: String, group: String?)
    case unexpectedAnswer(String)
    /// What is to be made needs folders of this host, and the engine may be another host's.
    case engineElsewhere(address: String)
    /// None of the names leads to a backend; what else could be meant.
    case instanceNotFound(names: [String], candidates: [String])
    /// More than one project could be meant.
    case severalInstances([String])

    package var code: String {
        switch self {
        case .notInstalled: "docker.not-installed"
        case .engineNotRunning: "docker.engine-not-running"
        case .noPermission: "docker.no-permission"
        case .unexpectedAnswer: "docker.unexpected-answer"
        case .engineElsewhere: "docker.engine-elsewhere"
        case .instanceNotFound: "docker.instance-not-found"
        case .severalInstances: "docker.several-instances"
        }
    }

    package var message: String {
        switch self {
        case .notInstalled: "there is no docker command on this host"
        case .engineNotRunning(let address): "no container engine answers at \(address)"
        case .noPermission(let socket, let group):
            "this user may not use the engine's socket \(socket)"
                + (group.map { ", which belongs to the group \($0)" } ?? "")
        case .unexpectedAnswer(let what): "the container engine answered in an unexpected way: \(what)"
        case .engineElsewhere(let address):
            "the container engine at \(address) is not known to have this host's folders, which are needed here"
        case .instanceNotFound(let names, let candidates):
            "there is no container named \(names.joined(separator: ", "))"
                + (candidates.isEmpty
                    ? ", and none that looks like Infisical's backend"
                    : "; running are \(candidates.joined(separator: ", "))")
        case .severalInstances(let projects):
            "several compose projects could be the instance: \(projects.joined(separator: ", "))"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .notInstalled:
            [
                .command(["apt-get", "install", "docker.io"]),
                .check("without containers, set `instance.containers: none`"),
            ]
        case .engineNotRunning:
            [.command(["docker", "version"]), .check("without containers, set `instance.containers: none`")]
        case .noPermission(_, let group):
            [
                .check(
                    "run this program as root"
                        + (group.map { ", or as a member of \($0), who can do on this host whatever root can" } ?? ""))
            ]
        case .unexpectedAnswer: [.command(["docker", "version"])]
        case .engineElsewhere:
            [
                .command(["docker", "context", "ls"]),
                .check(
                    "let DOCKER_HOST name a socket of this host (unix:///path), or unset it and take a context of this host: "
                        + "docker context use default"),
            ]
        case .instanceNotFound, .severalInstances:
            [
                .command(["docker", "ps", "--all"]),
                .check("name the three under instance.containers in infisical-ops.yaml"),
            ]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .engineNotRunning: .unhealthy
        case .unexpectedAnswer: .failed
        case .notInstalled, .noPermission, .engineElsewhere, .instanceNotFound, .severalInstances: .refused
        }
    }
}
