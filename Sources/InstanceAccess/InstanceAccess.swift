import DurableFiles
import Effects
import Faults
package import Instance
package import Secrets
package import Settings

/// A resolved configuration and the instance that it leads to: what its containers told, and what a run may touch to
/// reach it. How it is reached, opened, stopped and started stands in the types beside this one.
package struct InstanceAccess: Sendable {
    package let surroundings: Surroundings
    package let configuration: ResolvedConfiguration
    package let discovery: InstanceDiscovery
    /// Why the password of the database could not be had, where the configuration says from where.
    let passwordFault: (any Fault)?
    /// What it was resolved from; nil for one that was put together by hand.
    private let source: Source?
    /// The file of authorities that the backend's node.js is given, which copies share.
    let authorityFile: NodeAuthorityFile
    /// Passwords that a role may have instead of the configured one.
    private(set) var passwordCandidates: PasswordCandidates?

    private struct Source: Sendable {
        let configuration: Configuration?
        let overrides: [SettingOverride]
        let settings: SettingsSurroundings
        let discovers: Bool
        /// The password that was looked up, so that no program is asked for it twice.
        let password: Secret?
    }

    package init(
        surroundings: Surroundings, configuration: ResolvedConfiguration, discovery: InstanceDiscovery = .nothing
    ) {
        self.init(surroundings, configuration, discovery, nil, nil, NodeAuthorityFile())
    }

    private init(
        _ surroundings: Surroundings, _ configuration: ResolvedConfiguration, _ discovery: InstanceDiscovery,
        _ passwordFault: (any Fault)?, _ source: Source?, _ authorityFile: NodeAuthorityFile
    ) {
        // Whoever can write there must not decide where else this program writes and deletes.
        self.surroundings = surroundings.confined(
            to: [configuration.stateFolder, configuration.repository].compactMap { $0 })
        self.configuration = configuration
        self.discovery = discovery
        self.passwordFault = passwordFault
        self.source = source
        self.authorityFile = authorityFile
    }

    /// Resolves a configuration, with what the instance's containers say where it says nothing itself.
    ///
    /// - Parameters:
    ///   - discovers: whether containers are looked at.
    ///   - opens: whether the database may be opened, so that its password is looked up.
    package init(
        _ configuration: Configuration?, overrides: [SettingOverride], _ settings: SettingsSurroundings,
        surroundings: Surroundings, discovers: Bool, opens: Bool = true
    ) throws {
        try self.init(
            configuration, overrides, settings, surroundings, discovers: discovers, opens: opens, known: nil,
            NodeAuthorityFile())
    }

    private init(
        _ configuration: Configuration?, _ overrides: [SettingOverride], _ settings: SettingsSurroundings,
        _ surroundings: Surroundings, discovers: Bool, opens: Bool, known: Secret?, _ authorityFile: NodeAuthorityFile
    ) throws {
        var discovery = InstanceDiscovery.nothing
        var resolved = try ResolvedConfiguration(configuration, overrides: overrides, settings) { names, isExplicit in
            guard discovers, let names = names.byRole else { return nil }
            discovery = InstanceDiscovery.look(names, isExplicit: isExplicit, surroundings)
            return discovery.settings
        }
        var password = known, fault: (any Fault)?
        if opens, password == nil, let source = resolved.databasePassword {
            // Whatever needs no database works without its password.
            do { password = try SecretReader(surroundings).read(source) } catch { fault = .of(error) }
        }
        if let password { resolved = resolved.with(databasePassword: password) }
        if resolved.hasLostEnvFile { resolved = resolved.with(envFileCopy: EnvFileCopy(resolved, surroundings.files)) }
        self.init(
            surroundings, resolved, discovery, fault,
            Source(
                configuration: configuration, overrides: overrides, settings: settings, discovers: discovers,
                password: password), authorityFile)
    }

    /// The same, looked at anew: containers may have been recreated, and env files edited. The authorities that the backend
    /// is given stay known.
    package func refreshed() throws -> InstanceAccess {
        guard let source else { return self }
        return try InstanceAccess(
            source.configuration, source.overrides, source.settings, surroundings, discovers: source.discovers,
            opens: source.password != nil || passwordFault != nil, known: source.password,
            NodeAuthorityFile(after: authorityFile)
        ).trying(passwordCandidates)
    }

    /// The same for work in the middle of which a role gets another password: where the configured one is refused, sessions
    /// are opened with one of these.
    package func trying(_ candidates: PasswordCandidates?) -> InstanceAccess {
        var access = self
        access.passwordCandidates = candidates
        return access
    }

    /// The same, whose sessions and programs take this password.
    package func with(databasePassword password: Secret) -> InstanceAccess {
        InstanceAccess(
            surroundings, configuration.with(databasePassword: password), discovery, nil, source, authorityFile
        ).trying(passwordCandidates)
    }

    /// The same for what must be done although the run was stopped.
    ///
    /// - Parameter isStoppable: whether being asked a second time stops that, too.
    package func uncancelled(isStoppable: Bool = false) -> InstanceAccess {
        InstanceAccess(
            surroundings.uncancelled(but: isStoppable ? surroundings.cancellation.second : nil), configuration,
            discovery, passwordFault, source, authorityFile
        ).trying(passwordCandidates)
    }

    package var containers: InstanceContainers? { discovery.containers }

    /// Why the file of `NODE_EXTRA_CA_CERTS` does not count, or not all of it, one sentence without full stop; nil where it
    /// does, and until something asks for it.
    package var authorityNote: String? { authorityFile.note }

    /// The containers, which must be there.
    package func requireContainers() throws -> InstanceContainers {
        if let found = discovery.containers { return found }
        throw discovery.fault
            ?? (configuration.containers == .none ? InstanceFault.noContainers : DockerFault.notInstalled)
    }

    /// The machine identity that reads secrets, with its client secret; nil where none is configured.
    ///
    /// - Throws: `incomplete` where the configuration names only half of it.
    package func machineIdentity() throws -> (clientID: String, clientSecret: Secret)? {
        switch (configuration.identityClientID, configuration.identitySecret) {
        case (nil, nil): return nil
        case (let id?, let source?): return (id, try SecretReader(surroundings).read(source))
        case (_?, nil):
            throw SettingsFault.incomplete(
                place: "infisical-ops.yaml", key: SettingKey.identityClientID.path,
                other: SettingKey.identitySecretFile.path)
        case (nil, let source?):
            throw SettingsFault.incomplete(
                place: source.origin.description, key: SettingKey.identitySecretFile.path,
                other: SettingKey.identityClientID.path)
        }
    }

    /// The passphrase of a sealed identity file, from where the configuration says that it is to be had; nil where it
    /// says nothing.
    package func passphrase() throws -> Secret? {
        try configuration.passphrase.map { try SecretReader(surroundings).read($0) }
    }

    /// Where a file of the state folder lies.
    package func stateFile(_ name: String) -> String { Files.join(configuration.stateFolder, name) }
}
