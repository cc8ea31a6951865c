import Effects
import FoundationEssentials
package import Processes

/// Containers that this program makes for itself, without any network of the host.
extension Docker {
    /// How such a container is made. Nothing is fetched, and nothing of it is kept.
    package struct Apart: Sendable {
        package var image: String
        /// `none`, or `container:ID` for the loopback of another.
        package var network: String
        /// By names; only these stand in the command line.
        package var environment: [String: EnvironmentValue] = [:]
        package var labels: [String: String]
        /// `user:group` in numbers; nil for the image's own.
        package var user: String?
        /// A folder of the host, under the same path inside.
        package var folder: String?
        /// Files of the host, by the paths inside at which they can be read.
        package var files: [String: String] = [:]
        /// What asks its program to end, such as `SIGINT`; nil for the image's own.
        package var stopSignal: String?
        /// In the place of the image's entry point; nil for that.
        package var program: String?
        package var arguments: [String] = []
        /// What its first process may do besides being a user, in the kernel's words without `CAP_`.
        package var capabilities: [String] = []

        package init(image: String, network: String, labels: [String: String]) {
            self.image = image
            self.network = network
            self.labels = labels
        }
    }

    /// Whether the engine has an image.
    package func has(image: String) throws -> Bool {
        let result = try run(["image", "inspect", "--format", "{{json .Id}}", image])
        if result.status == .exited(0) { return true }
        try requireEngine()
        return false
    }

    /// Makes and starts a container.
    ///
    /// - Returns: its id.
    package func start(_ apart: Apart) throws -> String {
        var words = [
            "run", "--detach", "--pull", "never", "--network", apart.network, "--restart", "no", "--cap-drop", "ALL",
            "--security-opt", "no-new-privileges", "--tmpfs", "/tmp",
        ]
        words += apart.labels.sorted { $0.key < $1.key }.flatMap { ["--label", "\($0.key)=\($0.value)"] }
        words += apart.environment.keys.sorted().flatMap { ["--env", $0] }
        words += apart.capabilities.flatMap { ["--cap-add", $0] }
        if let user = apart.user { words += ["--user", user] }
        if let folder = apart.folder { words += ["--volume", "\(folder):\(folder)"] }
        words += apart.files.sorted { $0.key < $1.key }.flatMap { ["--volume", "\($0.value):\($0.key):ro"] }
        if let stopSignal = apart.stopSignal { words += ["--stop-signal", stopSignal] }
        if let program = apart.program { words += ["--entrypoint", program] }
        let spec = CommandSpec(
            "docker", words + [apart.image] + apart.arguments,
            // The engine's client is found and led by its own variables; those of the container are only handed on.
            environment: environment.merging(apart.environment) { own, _ in own })
        let result = try runner.run(spec, deadline: .seconds(60))
        if result.status != .exited(0) { try requireEngine() }
        let id = String(decoding: try result.succeeded().output, as: UTF8.self).split(separator: "\n").last
        guard let id, !id.isEmpty else { throw DockerFault.unexpectedAnswer("docker run gave no id") }
        return String(id)
    }

    /// The ids of all containers with a label, whether they run or not, each with the label's value.
    package func labelled(_ label: String) throws -> [(id: String, value: String)] {
        struct Line: Decodable {
            let ID: String
            let Labels: String
        }
        let result = try run(["ps", "--all", "--no-trunc", "--filter", "label=\(label)", "--format", "{{json .}}"])
        if result.status != .exited(0) { try requireEngine() }
        return try result.succeeded().output.split(separator: 0x0a).map { text in
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(text)) else {
                throw DockerFault.unexpectedAnswer("docker ps")
            }
            let value = line.Labels.split(separator: ",").first { $0.hasPrefix("\(label)=") }
            return (line.ID, value.map { String($0.dropFirst(label.utf8.count + 1)) } ?? "")
        }
    }

    /// Ends and removes containers with their own volumes; one that is gone already is none to remove.
    package func remove(_ ids: [String]) throws {
        if ids.isEmpty { return }
        try change(["rm", "--force", "--volumes"] + ids, within: .seconds(60))
    }

    /// Runs a program in a container to its end.
    package func result(
        in container: String, _ program: String, _ arguments: [String], input: CommandSpec.Input = .null,
        limit: Int = 1 << 20
    ) throws -> ProcessResult {
        try runner.run(
            exec(in: container, program, arguments, environment: [:], input: input, output: .collected(limit: limit)),
            deadline: .seconds(30))
    }
}
