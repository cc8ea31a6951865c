package import InfisicalData
import Instance
package import Settings

/// The keys that the instance has: those of its env files, and those that the backend's container was made with. A
/// container keeps the environment it was made with, whatever becomes of the file.
///
/// Whether a value is read in the form of FIPS mode is decided here and nowhere else (`FIPSMode`).
package struct KeysInForce: Sendable {
    /// What the env files say.
    package let envFiles: InstanceEnvironment
    /// What the backend's container was made with; nil where none was found.
    package let running: InstanceEnvironment?
    private let container: String

    /// - Parameter envFiles: what the env files say; nil for what was read with the configuration. A backup gives what it
    ///   keeps: a file may have been edited since.
    package init(_ instance: InstanceAccess, envFiles: InstanceEnvironment? = nil) {
        let backend = instance.containers?[.backend]
        self.init(
            envFiles: envFiles ?? instance.configuration.instance,
            running: backend == nil ? nil : instance.configuration.running, container: backend?.name ?? "")
    }

    init(envFiles: InstanceEnvironment, running: InstanceEnvironment?, container: String) {
        self.envFiles = envFiles
        self.running = running
        self.container = container
    }

    // MARK: - Whose keys

    /// Those of the env files.
    package func ofEnvFiles(_ flag: FIPSMode.DatabaseFlag) -> KeyHolder {
        KeyHolder(name: "the env file", keys: envFiles.keys(flag))
    }

    /// Those that the backend works with now.
    package func ofBackend(_ flag: FIPSMode.DatabaseFlag) -> KeyHolder {
        ofContainer(flag) ?? ofEnvFiles(flag)
    }

    /// Those that a container which is recreated would have, or a backend without one has after its next start.
    package func atNextStart(_ flag: FIPSMode.DatabaseFlag) -> KeyHolder {
        envFiles.files.isEmpty ? ofBackend(flag) : ofEnvFiles(flag)
    }

    /// All of them, in the order of their weight: the env files', then the container's where it has others.
    package func all(_ flag: FIPSMode.DatabaseFlag) -> [KeyHolder] {
        [ofEnvFiles(flag)] + (addsKeys ? [ofContainer(flag)].compactMap(\.self) : [])
    }

    private func ofContainer(_ flag: FIPSMode.DatabaseFlag) -> KeyHolder? {
        running.map { KeyHolder(name: "the running container \(container)", keys: $0.keys(flag)) }
    }

    // MARK: - By their labels

    /// The labels that the keys of the next start may have; both forms where only the database knows which is meant.
    package var possibleLabels: [String] {
        let environment = envFiles.files.isEmpty ? running ?? envFiles : envFiles
        let flags: [FIPSMode.DatabaseFlag] = environment.isFIPS ? [.notAsked, .noColumn] : [.notAsked]
        return flags.flatMap { environment.keys($0).candidates.map(\.label) }
    }

    /// Whether the container has keys that the env files do not have.
    package var addsKeys: Bool {
        let known = KeysInForce.labels(envFiles)
        return running.map { KeysInForce.labels($0).contains { !known.contains($0) } } ?? false
    }

    /// What to say where both name keys and these are not the same.
    package var finding: String? {
        let file = KeysInForce.labels(envFiles)
        guard let running, !file.isEmpty, addsKeys else { return nil }
        return "the env file was edited, the container \(container) still runs on the old key: it has the label "
            + "\(KeysInForce.labels(running).joined(separator: ", ")), the file has \(file.joined(separator: ", "))"
    }

    private static func labels(_ environment: InstanceEnvironment) -> [String] {
        environment.keys(.notAsked).candidates.map(\.label)
    }
}

extension InstanceEnvironment {
    /// The keys that the values resolve to on a database that says this about FIPS mode.
    package func keys(_ flag: FIPSMode.DatabaseFlag) -> EnvironmentKeys {
        EnvironmentKeys(
            encryptionKey: encryptionKey?.value, rootEncryptionKey: rootEncryptionKey?.value,
            fips: FIPSMode.isActive(environment: isFIPS, database: flag), unreadFiles: unreadKeyFiles)
    }
}
