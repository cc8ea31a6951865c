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
        KeyHolder(name: "the env file", keys: keys(envFiles, flag))
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
        running.map { KeyHolder(name: "the running container \(container)", keys: keys($0, flag)) }
    }

    /// Those of a container that is going to be made.
    package static func ofRendered(_ environment: InstanceEnvironment, _ flag: FIPSMode.DatabaseFlag) -> KeyHolder {
        KeyHolder(name: "the env file", keys: keys(environment, isFIPS: environment.fips ?? false, flag))
    }

    // MARK: - Without the database

    /// What is wrong with the key in the env files, as far as that shows without the database; nil where it can be used, and
    /// where there is none.
    package static func problem(of configuration: ResolvedConfiguration) -> SettingsFault? {
        let keys = KeysInForce(envFiles: configuration.instance, running: nil, container: "")
        let first = configuration.instance.encryptionKey ?? configuration.instance.rootEncryptionKey
        guard let first, keys.possibleLabels.isEmpty else { return nil }
        let problems = keys.keys(configuration.instance, .notAsked).problems
        let problem = problems.first { problem in
            switch problem {
            case .sampleKey, .replacedInFIPSMode, .unreadFile: false
            default: true
            }
        }
        guard let problem else { return nil }
        let text = problem.message
        let isOther = configuration.instance.usesGuideNames && text.hasPrefix("ENCRYPTION_KEY")
        return .unusableKey(place: first.origin.description, problem: (isOther ? "INFISICAL_" : "") + text)
    }

    /// What to say of env files that hold no key; nil where they do, where there are none, and where that is meant.
    package static func absence(of configuration: ResolvedConfiguration) -> String? {
        let files = configuration.instance.files
        let first = configuration.instance.encryptionKey ?? configuration.instance.rootEncryptionKey
        guard first == nil, !files.isEmpty, !configuration.keyIsElsewhere else { return nil }
        return
            "no \(configuration.instance.keyVariable) is set in \(files.map(\.path).joined(separator: ", ")): backups would end with 12; where the "
            + "key is deliberately not on this host, set instance.key to elsewhere"
    }

    /// What values come to outside FIPS mode, and in it: which of them counts is a matter of the database, which is not
    /// asked.
    package static func bothReadings(_ environment: InstanceEnvironment) -> [EnvironmentKeys] {
        [.noColumn, .notAsked].map { ofRendered(environment, $0).keys }
    }

    // MARK: - By their labels

    /// The labels that the keys of the next start may have; both forms where only the database knows which is meant.
    package var possibleLabels: [String] {
        let environment = envFiles.files.isEmpty ? running ?? envFiles : envFiles
        let flags: [FIPSMode.DatabaseFlag] = isFIPS(environment) ? [.notAsked, .noColumn] : [.notAsked]
        return flags.flatMap { keys(environment, $0).candidates.map(\.label) }
    }

    /// Whether the container has keys that the env files do not have.
    package var addsKeys: Bool {
        let known = labels(envFiles)
        return running.map { labels($0).contains { !known.contains($0) } } ?? false
    }

    /// What to say where both name keys and these are not the same.
    package var finding: String? {
        let file = labels(envFiles)
        guard let running, !file.isEmpty, addsKeys else { return nil }
        return "the env file was edited, but the container \(container) still runs on the old key: it has the label "
            + "\(labels(running).joined(separator: ", ")), the file has \(file.joined(separator: ", "))"
    }

    private func labels(_ environment: InstanceEnvironment) -> [String] {
        keys(environment, .notAsked).candidates.map(\.label)
    }

    // MARK: - FIPS mode

    /// Whether `FIPS_ENABLED` is set where these values will be read. A container has all that Infisical gets; env files
    /// need not say what their compose file adds.
    private func isFIPS(_ environment: InstanceEnvironment) -> Bool {
        environment.fips ?? (environment.files.isEmpty ? nil : running?.fips) ?? false
    }

    private func keys(_ environment: InstanceEnvironment, _ flag: FIPSMode.DatabaseFlag) -> EnvironmentKeys {
        KeysInForce.keys(environment, isFIPS: isFIPS(environment), flag)
    }

    /// The keys that the values resolve to on a database that says this about FIPS mode.
    private static func keys(
        _ environment: InstanceEnvironment, isFIPS: Bool, _ flag: FIPSMode.DatabaseFlag
    ) -> EnvironmentKeys {
        EnvironmentKeys(
            encryptionKey: environment.encryptionKey?.value, rootEncryptionKey: environment.rootEncryptionKey?.value,
            fips: FIPSMode.isActive(environment: isFIPS, database: flag), unreadFiles: environment.unreadKeyFiles)
    }
}
