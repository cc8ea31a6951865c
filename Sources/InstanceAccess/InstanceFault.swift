package import Faults
import Instance

/// Why something could not be done with the running instance.
package enum InstanceFault: Fault, Equatable {
    /// It runs without containers, and this needs them.
    case noContainers
    /// The same, where one was to be recreated.
    case nothingToRecreate
    case missing(role: String, names: [String])
    /// Without containers, and the configuration names no command for it.
    case noCommand(key: String)
    /// `docker compose` is needed and not there.
    case composeMissing
    /// The container was made without Compose.
    case notComposed(container: String)
    case filesGone([String])
    /// The compose project would make another container than the one that runs.
    case drifted(container: String, differences: [String], apply: [String])
    case otherImage(container: String, wanted: String, got: String)
    /// The new container's environment is not what the files say.
    case otherEnvironment(container: String, names: [String])
    /// Making it again came to something else than was wanted; a clause each.
    case notRemade(container: String, [String])
    /// A new container would not have the files of the one that runs; a clause each.
    case volumesDiffer(container: String, [String])
    /// The new container would not have what the one that runs has, and would not start.
    case variablesLost(container: String, names: [String])
    case unhealthy(role: String, condition: String, reason: String, hints: [Hint])
    case commandFailed(key: String, reason: String)
    /// A configured command was still running after this time, and was ended with everything that it had not detached.
    case commandStays(key: String, after: Duration)
    /// Without containers the configured commands are those of the backend, and of nothing else.
    case notControlled(role: String)
    /// The backend was told to stop, and something of it is still there.
    case notStopped([String])
    /// The key that the next start would take does not open the database.
    case keyWouldNotOpen(String, hints: [Hint])
    /// The database's tables are where they are not read; in words.
    case otherSchema(String)

    package var code: String {
        switch self {
        case .noContainers, .nothingToRecreate: "instance.no-containers"
        case .missing: "instance.container-missing"
        case .noCommand: "instance.no-command"
        case .composeMissing: "instance.compose-missing"
        case .notComposed: "instance.not-composed"
        case .filesGone: "instance.compose-files-gone"
        case .drifted: "instance.drifted"
        case .otherImage: "instance.other-image"
        case .otherEnvironment: "instance.other-environment"
        case .notRemade: "instance.not-remade"
        case .volumesDiffer: "instance.volumes-differ"
        case .variablesLost: "instance.variables-lost"
        case .unhealthy: "instance.unhealthy"
        case .commandFailed: "instance.command-failed"
        case .commandStays: "instance.command-stays"
        case .notControlled: "instance.not-controlled"
        case .notStopped: "instance.not-stopped"
        case .keyWouldNotOpen: "instance.key-would-not-open"
        case .otherSchema: "instance.other-schema"
        }
    }

    package var message: String {
        switch self {
        case .noContainers: "the instance runs without containers (instance.containers is none)"
        case .nothingToRecreate:
            "the instance runs without containers (instance.containers is none), so there is none to recreate"
        case .missing(let role, let names):
            "the container of \(InstanceFault.part(role)) is missing"
                + (names.isEmpty ? "" : " (\(names.joined(separator: ", ")))")
        case .noCommand(let key): "the instance runs without containers, and \(key) is not configured"
        case .composeMissing: "neither docker compose nor docker-compose is installed"
        case .notComposed(let container):
            "the container \(container) was not created by Compose, so it cannot be recreated from compose files"
        case .filesGone(let files):
            "files that the containers were created from are missing: \(files.joined(separator: ", "))"
        case .drifted(let container, let differences, _):
            "what Compose would create differs from the container \(container) in more than its values: "
                + differences.joined(separator: "; ")
        case .otherImage(let container, let wanted, let got):
            "the new container \(container) runs the image \(got) instead of \(wanted)"
        case .otherEnvironment(let container, let names):
            "the new container \(container) does not have the values in the files for: "
                + names.joined(separator: ", ")
        case .notRemade(let container, let reasons):
            "the container \(container) was not made again as it should: " + reasons.joined(separator: "; ")
        case .volumesDiffer(let container, let reasons):
            "a new container \(container) would not have the files of this one: " + reasons.joined(separator: "; ")
        case .variablesLost(let container, let names):
            "the new container \(container) would have no \(names.joined(separator: " and no ")), which the running "
                + "one has, and would not start"
        case .unhealthy(let role, let condition, let reason, _):
            "\(InstanceFault.part(role)) is not healthy after the restart: \(condition)"
                + (reason.isEmpty ? "" : ": \(reason)")
        case .commandFailed(let key, let reason): "\(key) failed: \(reason)"
        case .commandStays(let key, let time):
            "\(key) did not return within \(time.components.seconds) seconds and was stopped, with everything that it ran in "
                + "the foreground"
        case .notControlled(let role):
            "the instance runs without containers: instance.commands stops and starts only the backend, and nothing "
                + "here restarts \(InstanceFault.part(role))"
        case .notStopped(let left):
            "the backend is still running although it was stopped: \(left.joined(separator: "; "))"
        case .keyWouldNotOpen(let reason, _):
            "the backend would not start again, because its key does not open the database: \(reason)"
        case .otherSchema(let text): text
        }
    }

    /// A part of the instance as it reads in a sentence.
    private static func part(_ role: String) -> String {
        InstanceContainers.Role(rawValue: role)?.text ?? "the \(role)"
    }

    package var hints: [Hint] {
        switch self {
        case .noContainers: [.check("look at the logs where your service manager keeps them")]
        case .nothingToRecreate:
            [
                .command(["infisical-ops", "restart"]),
                .check("without containers a restart is enough: what starts the backend reads its env file again"),
            ]
        case .missing: [.command(["docker", "ps", "--all"]), .command(["infisical-ops", "health"])]
        case .noCommand:
            [
                .check(
                    "name what stops and what starts the backend, each as a list, in infisical-ops.yaml, such as "
                        + "instance.commands: { stop: [systemctl, stop, infisical], start: [systemctl, start, infisical] }"
                )
            ]
        case .composeMissing: [.command(["apt-get", "install", "docker-compose"])]
        case .notComposed(let container):
            [
                .command(["docker", "inspect", container]),
                .check(
                    "remove it and run it again with the same options and the new values; "
                        + "a restart without --recreate works"),
            ]
        case .filesGone:
            [
                .check("put them back, or run Compose's \"up -d\" once where they are now"),
                .command(["docker", "ps", "--all"]),
            ]
        case .drifted(let container, _, let apply):
            [
                .command(["docker", "inspect", container]),
                .check(
                    "if the change to the compose file is intended, apply it first: \(apply.joined(separator: " "))"),
            ]
        case .variablesLost(_, let names):
            [
                .check("put \(names.joined(separator: " and ")) back into the env file and the compose file"),
                .command(["infisical-ops", "config", "show"]),
            ]
        case .notRemade(let container, _):
            [.command(["docker", "ps", "--all"]), .command(["docker", "inspect", container])]
        case .volumesDiffer(let container, _):
            [
                .command(["docker", "inspect", container]),
                .check("put the compose file's volumes back as they were when the container was made"),
            ]
        case .otherImage, .otherEnvironment: [.command(["infisical-ops", "health"])]
        case .unhealthy(_, _, _, let hints): hints + [.command(["infisical-ops", "health", "--wait", "2m"])]
        case .commandStays(let key, _):
            [
                .check(
                    "\(key) must return by itself: let a service manager run the backend (systemctl start NAME), or "
                        + "start it in the background with setsid and its streams redirected"),
                .command(["infisical-ops", "config", "show"]),
            ]
        case .notControlled(let role):
            [
                .check("restart \(InstanceFault.part(role)) with what manages it, such as systemctl restart"),
                .command(["infisical-ops", "health"]),
            ]
        case .commandFailed: [.command(["infisical-ops", "config", "show"]), .command(["infisical-ops", "health"])]
        case .notStopped:
            [
                .check("stop every backend of this database, and anything else that has a session in it"),
                .check("without containers: the command under instance.commands.stop must wait until it has ended"),
                .command(["infisical-ops", "health"]),
            ]
        case .keyWouldNotOpen(_, let hints): hints
        case .otherSchema:
            [
                .check(
                    "its backups hold all tables of all schemas, but are shown as not verified, because no key can be tried"
                )
            ]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .unhealthy(_, let condition, _, _)
        where Condition(rawValue: condition)?.isOfKey == true:
            .keyMismatch
        case .unhealthy, .missing: .unhealthy
        case .keyWouldNotOpen: .keyMismatch
        case .otherImage, .otherEnvironment, .notRemade, .commandFailed, .commandStays, .notStopped: .failed
        default: .refused
        }
    }
}
