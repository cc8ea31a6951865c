import InfisicalData
import Instance
import Settings

/// The keys that the backend's container was made with, beside those of the env files: a container keeps the
/// environment it was made with, whatever becomes of the file.
struct RunningKeys {
    private let container: String
    let environment: InstanceEnvironment
    private let envFile: InstanceEnvironment

    /// Nil where no container of the backend was found.
    init?(_ workplace: Workplace, envFile: InstanceEnvironment) {
        guard let running = workplace.configuration.running,
            let container = workplace.discovery.containers?[.backend]
        else { return nil }
        self.container = container.name
        environment = running
        self.envFile = envFile
    }

    var holderName: String { "the running container \(container)" }

    func keys(fips: Bool) -> EnvironmentKeys { environment.keys(fips: fips) }

    /// Whether the container has keys that the env files do not have.
    var addsKeys: Bool {
        let known = RunningKeys.labels(envFile)
        return RunningKeys.labels(environment).contains { !known.contains($0) }
    }

    /// What to say where both name keys and these are not the same.
    var finding: String? {
        let file = RunningKeys.labels(envFile), now = RunningKeys.labels(environment)
        guard !file.isEmpty, addsKeys else { return nil }
        return "the env file was edited, the container \(container) still runs on the old key: it has the label "
            + "\(now.joined(separator: ", ")), the file has \(file.joined(separator: ", "))"
    }

    private static func labels(_ environment: InstanceEnvironment) -> [String] {
        environment.keys(fips: environment.isFIPS).candidates.map(\.label)
    }
}
