import DurableFiles
import Faults
package import Instance
package import Settings

/// A resolved configuration and the instance that it leads to: what its containers told, and what a run may touch to
/// reach it. How it is reached, opened, stopped and started stands in the types beside this one.
package struct InstanceAccess: Sendable {
    package let surroundings: Surroundings
    package let configuration: ResolvedConfiguration
    package let discovery: InstanceDiscovery
    /// What it was resolved from; nil for one that was put together by hand.
    private let source: Source?

    private struct Source: Sendable {
        let configuration: Configuration?
        let overrides: [SettingOverride]
        let settings: SettingsSurroundings
        let discovers: Bool
    }

    package init(
        surroundings: Surroundings, configuration: ResolvedConfiguration, discovery: InstanceDiscovery = .nothing
    ) {
        self.init(surroundings, configuration, discovery, nil)
    }

    private init(
        _ surroundings: Surroundings, _ configuration: ResolvedConfiguration, _ discovery: InstanceDiscovery,
        _ source: Source?
    ) {
        // Whoever can write there must not decide where else this program writes and deletes.
        self.surroundings = surroundings.confined(
            to: [configuration.stateFolder, configuration.repository].compactMap { $0 })
        self.configuration = configuration
        self.discovery = discovery
        self.source = source
    }

    /// Resolves a configuration, with what the instance's containers say where it says nothing itself.
    ///
    /// - Parameter discovers: whether containers are looked at.
    package init(
        _ configuration: Configuration?, overrides: [SettingOverride], _ settings: SettingsSurroundings,
        surroundings: Surroundings, discovers: Bool
    ) throws {
        var discovery = InstanceDiscovery.nothing
        let resolved = try ResolvedConfiguration(configuration, overrides: overrides, settings) { names, isExplicit in
            guard discovers, let names = names.byRole else { return nil }
            discovery = InstanceDiscovery.look(names, isExplicit: isExplicit, surroundings)
            return discovery.settings
        }
        self.init(
            surroundings, resolved, discovery,
            Source(configuration: configuration, overrides: overrides, settings: settings, discovers: discovers))
    }

    /// The same, looked at anew: containers may have been recreated, and env files edited.
    package func refreshed() throws -> InstanceAccess {
        guard let source else { return self }
        return try InstanceAccess(
            source.configuration, overrides: source.overrides, source.settings, surroundings: surroundings,
            discovers: source.discovers)
    }

    /// The same for what must be done although the run was stopped.
    package func uncancelled() -> InstanceAccess {
        InstanceAccess(surroundings.uncancelled(), configuration, discovery, source)
    }

    package var containers: InstanceContainers? { discovery.containers }

    /// The containers, which must be there.
    package func requireContainers() throws -> InstanceContainers {
        if let found = discovery.containers { return found }
        throw discovery.fault
            ?? (configuration.containers == .none ? InstanceFault.noContainers : DockerFault.notInstalled)
    }

    /// Where a file of the state folder lies.
    package func stateFile(_ name: String) -> String { Files.join(configuration.stateFolder, name) }
}
