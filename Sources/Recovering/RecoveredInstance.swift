import Effects
import Instance
import InstanceAccess
import Operations
import Settings

/// The instance that is being made, as the other workflows see it: nothing of this host's configuration of an instance
/// counts, only the containers of the project themselves.
struct RecoveredInstance {
    private let workplace: Workplace
    private let project: RecoveryProject

    init(_ workplace: Workplace, _ project: RecoveryProject) {
        self.workplace = workplace
        self.project = project
    }

    /// The container of a part; nil while there is none.
    func container(_ role: InstanceContainers.Role) throws -> Container? {
        guard let service = project.services[role] else { return nil }
        return try workplace.surroundings.docker.composed(project: project.origin.project).first {
            $0.compose?.service == service
        }
    }

    /// Looked at as it is now.
    func look() throws -> Workplace {
        let keys: [InstanceContainers.Role: SettingKey] = [
            .backend: .backendContainer, .database: .databaseContainer, .redis: .redisContainer,
        ]
        var overrides = RecoveredInstance.shared(workplace)
        for (role, key) in keys {
            // One that is not made yet is looked for by its service.
            let name = try container(role)?.name ?? project.service(role)?.containerName
            overrides.append(
                SettingOverride(key, name ?? "\(project.origin.project)-\(role.rawValue)", flag: "recover"))
        }
        return try RecoveredInstance.workplace(overrides, workplace, discovers: true)
    }

    /// What a workplace of its own has in common with the one that this host configures: repository and state.
    static func shared(_ workplace: Workplace) -> [SettingOverride] {
        let configuration = workplace.configuration
        var overrides = [SettingOverride(.stateFolder, configuration.stateFolder, flag: "recover")]
        if let path = configuration.repository {
            overrides.append(SettingOverride(.repository, path, flag: "recover"))
        }
        if let signer = configuration.signer { overrides.append(SettingOverride(.signer, signer, flag: "recover")) }
        return overrides
    }

    /// A workplace that these settings describe wholly.
    static func workplace(
        _ overrides: [SettingOverride], _ workplace: Workplace, discovers: Bool
    ) throws -> Workplace {
        var settings = SettingsSurroundings.ofProcess(effects: workplace.surroundings.effects)
        settings.environment = settings.environment.filter { ["HOME", "PATH", "SUDO_UID"].contains($0.key) }
        let instance = try InstanceAccess(
            nil, overrides: overrides, settings, surroundings: workplace.surroundings, discovers: discovers)
        return Workplace(instance, lockWait: workplace.lockWait)
    }
}
