package import Effects
import FoundationEssentials
import Glibc
package import Processes

/// The container engine, through its own command line: contexts, `DOCKER_HOST`, rootless engines and podman's shim are
/// its business, and only JSON is read of what it prints.
package struct Docker: Sendable {
    let runner: ProcessRunner
    private let effects: Effects
    let environment: [String: EnvironmentValue]
    /// For one answer of the engine.
    static let patience = Duration.seconds(20)
    private static let variables = [
        "PATH", "HOME", "XDG_RUNTIME_DIR", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH",
        "DOCKER_TLS_VERIFY", "DOCKER_API_VERSION", "CONTAINER_HOST",
    ]

    package init(runner: ProcessRunner, effects: Effects) {
        self.init(runner: runner, effects: effects, environment: CommandSpec.inherited(Docker.variables))
    }

    init(runner: ProcessRunner, effects: Effects, environment: [String: EnvironmentValue]) {
        self.runner = runner
        self.effects = effects
        self.environment = environment
    }

    /// The same, stopped by another cancellation.
    package func with(_ cancellation: Cancellation) -> Docker {
        Docker(runner: runner.with(cancellation), effects: effects, environment: environment)
    }

    /// Whether its command line is there at all.
    package var isInstalled: Bool { runner.find("docker") != nil }

    /// Whether this process is in a container of this engine itself, and in which networks.
    package func viewpoint() throws -> Viewpoint {
        let marks = ["/.dockerenv", "/run/.containerenv"]
        guard marks.contains(where: { access($0, F_OK) == 0 }) else { return .host }
        var name = [CChar](repeating: 0, count: 256)
        // The engine takes the beginning of a container's id for its host's name.
        guard gethostname(&name, name.count - 1) == 0,
            let own = try containers([String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)]).first
        else { return .host }
        return own.usesHostNetwork ? .host : .container(networks: own.networks.map(\.name))
    }

    /// The containers of these names or ids; those that do not exist are left out.
    package func containers(_ names: [String]) throws -> [Container] {
        if names.isEmpty { return [] }
        let result = try run(["inspect", "--type", "container"] + names)
        // It fails where one is missing, and where there is no engine; what it prints is the same.
        if result.status != .exited(0) { try requireEngine() }
        return try InspectAnswer.containers(result.output)
    }

    /// All containers that Compose made, of one project or of every one.
    package func composed(project: String? = nil) throws -> [Container] {
        let label = "com.docker.compose.project" + (project.map { "=" + $0 } ?? "")
        let result = try run(["ps", "--all", "--no-trunc", "--quiet", "--filter", "label=" + label])
        if result.status != .exited(0) { try requireEngine() }
        let ids = String(decoding: try result.succeeded().output, as: UTF8.self).split(separator: "\n")
        return try containers(ids.map(String.init)).filter { $0.compose != nil }
    }

    /// All containers that run, whoever made them.
    package func running() throws -> [Container] {
        let result = try run(["ps", "--no-trunc", "--quiet"])
        if result.status != .exited(0) { try requireEngine() }
        let ids = String(decoding: try result.succeeded().output, as: UTF8.self).split(separator: "\n")
        return try containers(ids.map(String.init))
    }

    /// What registries call images, by the images' ids; those that are gone are left out.
    package func digests(of images: [String]) throws -> [String: [String]] {
        struct Image: Decodable {
            let Id: String
            let RepoDigests: [String]?
        }
        if images.isEmpty { return [:] }
        let result = try run(["image", "inspect"] + Set(images).sorted())
        guard let answers = decoded([Image].self, result.output) else {
            throw DockerFault.unexpectedAnswer("docker image inspect")
        }
        return Dictionary(answers.map { ($0.Id, $0.RepoDigests ?? []) }) { first, _ in first }
    }

    /// The id of an image; nil where the name leads to none.
    package func imageID(of name: String) throws -> String? {
        struct Image: Decodable { let Id: String }
        return decoded([Image].self, try run(["image", "inspect", name]).output)?.first?.Id
    }

    /// A command that runs a program in a container. Ending it does not end the program.
    ///
    /// - Parameter environment: of the program; only its names stand in the command line.
    package func exec(
        in container: String, _ program: String, _ arguments: [String], environment added: [String: EnvironmentValue],
        input: CommandSpec.Input = .null, output: CommandSpec.Output = .collected(limit: 1 << 20)
    ) -> CommandSpec {
        let names = added.keys.sorted().flatMap { ["--env", $0] }
        var interactive: [String] = ["--interactive"]
        if case .null = input { interactive = [] }
        return CommandSpec(
            "docker", ["exec"] + interactive + names + [container, program] + arguments,
            environment: environment.merging(added) { own, _ in own }, input: input, output: output)
    }

    /// - Throws: `engineNotRunning`, `noPermission`.
    package func requireEngine() throws {
        struct Version: Decodable {
            struct Server: Decodable {}
            let Server: Server?
        }
        let result = try run(["version", "--format", "{{json .}}"])
        guard let version = decoded(Version.self, result.output) else {
            throw DockerFault.unexpectedAnswer("docker version")
        }
        // Podman's client is its own engine, and names none.
        if version.Server == nil, result.status != .exited(0) { throw try absence() }
    }

    /// Why there is no answer, as far as the address tells.
    private func absence() throws -> DockerFault {
        let address = try self.address()
        let start = "unix://"
        guard address.hasPrefix(start) else { return .engineNotRunning(address: address) }
        let socket = String(address.dropFirst(start.count))
        let answer = effects.call(.inspect, socket) { access(socket, R_OK | W_OK) }
        guard case .failure(let error) = answer, error.code == EACCES else {
            return .engineNotRunning(address: address)
        }
        var status = stat()
        let group =
            stat(socket, &status) == 0 ? getgrgid(status.st_gid).map { String(cString: $0.pointee.gr_name) } : nil
        return .noPermission(socket: socket, group: group)
    }

    /// The socket that `DOCKER_HOST` names; nil where it names none, or an address of a network.
    package var namedSocket: String? {
        guard case .plain(let host)? = environment["DOCKER_HOST"], host.hasPrefix("unix://") else { return nil }
        return String(host.dropFirst("unix://".count))
    }

    /// Refuses an engine to which `DOCKER_HOST` or a context leads over a network: folders of this host are not its own,
    /// and its containers may be another host's.
    package func requireLocal() throws {
        let address = try address()
        if !address.hasPrefix("unix://") { throw DockerFault.engineElsewhere(address: address) }
    }

    private func address() throws -> String {
        if case .plain(let host)? = environment["DOCKER_HOST"], !host.isEmpty { return host }
        let result = try run(["context", "inspect", "--format", "{{json .Endpoints.docker.Host}}"])
        return decoded(String.self, result.output) ?? "unix:///var/run/docker.sock"
    }

    func decoded<Value: Decodable>(_ type: Value.Type, _ json: [UInt8]) -> Value? {
        try? JSONDecoder().decode(type, from: Data(json))
    }

    func run(_ arguments: [String]) throws -> ProcessResult {
        try runner.run(
            CommandSpec("docker", arguments, environment: environment, output: .collected(limit: 16 << 20)),
            deadline: Docker.patience)
    }
}
