import Effects
import Processes
package import Secrets

/// Docker Compose for one project: version 2 as `docker compose`, or version 1 as `docker-compose`. Files, their order
/// and the project come from the labels of a container that it made.
package struct Compose: Sendable {
    private let docker: Docker
    private let words: [String]
    private let isVersion2: Bool
    private let labels: ComposeLabels

    /// A file of this name is ours, and no part of the project.
    package static let pinFile = "infisical-ops-pin.yml"

    /// - Returns: nil where neither is there.
    package init?(_ docker: Docker, _ labels: ComposeLabels) throws {
        self.docker = docker
        self.labels = labels
        let second = try docker.runner.run(
            CommandSpec("docker", ["compose", "version", "--format", "json"], environment: docker.environment),
            deadline: Docker.patience)
        if second.status == .exited(0) {
            (words, isVersion2) = (["docker", "compose"], true)
        } else if docker.runner.find("docker-compose") != nil {
            (words, isVersion2) = (["docker-compose"], false)
        } else {
            return nil
        }
    }

    /// The command line for people, without what only this program adds.
    package func commandLine(recreating service: String) -> [String] {
        words + labels.arguments + recreation(service)
    }

    /// The command line that makes a container which is missing, and touches no other and no image that is there.
    ///
    /// - Parameter service: nil for all that are missing.
    package func commandLine(making service: String?) -> [String] {
        words + labels.arguments + making(service)
    }

    private func making(_ service: String?) -> [String] {
        ["up", "-d", "--no-recreate", "--no-build"] + (isVersion2 ? ["--pull", "missing"] : [])
            + (service.map { ["--no-deps", $0] } ?? [])
    }

    /// Makes and starts the container of one service, and no other. One that is there is started if it does not run; an
    /// image that is missing is fetched.
    ///
    /// - Parameter pin: a compose file that fixes images; it comes last.
    package func make(_ service: String, pin: String?) throws {
        _ = try run(making(service), pin: pin, within: Compose.fetching).succeeded()
    }

    /// How long a container may take to be made; images of some hundred megabytes come from far away.
    private static let fetching = Duration.seconds(1800)

    /// The whole project as Compose understands it, in YAML. It holds the values of all secrets.
    package func rendered() throws -> Secret {
        var output = try run(["config"], pin: nil, within: Docker.patience).succeeded().output
        return Secret(consuming: &output)
    }

    /// The whole project as Compose would understand it if files said something else. Nothing is written anywhere.
    ///
    /// - Parameters:
    ///   - values: what variables of the project's env files would say.
    ///   - additions: text of an env file that would come last for some services.
    ///   - services: which.
    ///   - version: that of the compose file; nil for those of the newer form.
    package func rendered(
        assuming values: [String: Secret], _ additions: Secret?, for services: [String], version: String?
    ) throws -> Secret {
        var spec = command(["config"], more: additions == nil ? [] : ["/dev/stdin"])
        // What stands in the environment of Compose counts more than any env file.
        spec.environment.merge(values.mapValues { .secret($0) }) { $1 }
        if let additions {
            spec.attachment = additions.withBytes { Array($0) }
            let list = services.sorted().map { "  \"\($0)\":\n    env_file: [\"\(CommandSpec.attachmentPath)\"]\n" }
            let text = (version.map { "version: \"\($0)\"\n" } ?? "") + "services:\n" + list.joined()
            spec.input = .bytes(Array(text.utf8))
        }
        var output = try docker.runner.run(spec, deadline: Docker.patience).succeeded().output
        return Secret(consuming: &output)
    }

    /// Makes the container of one service again, and touches no other: nothing is built or pulled.
    ///
    /// - Parameters:
    ///   - pin: a compose file that fixes the image; it comes last.
    ///   - seconds: how long the old container may take to stop.
    ///   - starting: whether the new one is started.
    ///   - count: how many containers the service has.
    package func recreate(
        _ service: String, pin: String?, seconds: Int, starting: Bool = true, count: Int = 1
    ) throws {
        _ = try run(
            recreation(service, starting: starting, count: count), pin: pin, within: .seconds((seconds + 60) * count)
        ).succeeded()
    }

    private func recreation(_ service: String, starting: Bool = true, count: Int = 1) -> [String] {
        ["up", starting ? "-d" : "--no-start", "--no-deps", "--no-build"] + (isVersion2 ? ["--pull", "never"] : [])
            + (count > 1 ? ["--scale", "\(service)=\(count)"] : []) + ["--force-recreate", service]
    }

    /// Variables of this process are not passed on: in Compose they would win over the env files.
    private func run(_ arguments: [String], pin: String?, within deadline: Duration) throws -> ProcessResult {
        try docker.runner.run(command(arguments, more: pin.map { [$0] } ?? []), deadline: deadline)
    }

    /// - Parameter more: compose files that come after those of the project.
    private func command(_ arguments: [String], more: [String]) -> CommandSpec {
        CommandSpec(
            words[0], Array(words.dropFirst()) + labels.arguments(with: more) + arguments,
            environment: docker.environment,
            workingFolder: labels.workingFolder, output: .collected(limit: 16 << 20))
    }
}

extension ComposeLabels {
    /// What says the project, its files and its env files.
    fileprivate var arguments: [String] { arguments(with: []) }

    /// - Parameter more: compose files that come after those of the project.
    fileprivate func arguments(with more: [String]) -> [String] {
        ["-p", project] + (workingFolder.map { ["--project-directory", $0] } ?? [])
            + (files + more).flatMap { ["-f", $0] } + environmentFiles.flatMap { ["--env-file", $0] }
    }

    /// For people, where nobody asks the engine: what makes and starts the container of a service anew, from the files as they
    /// are then. Version 1 of Compose is called `docker-compose`.
    package func commandLine(recreating service: String) -> [String] {
        ["docker", "compose"] + arguments + ["up", "-d", "--no-deps", "--no-build", "--force-recreate", service]
    }
}
