import DurableFiles
package import Faults
package import Instance
package import Settings

/// Looks at the containers of the instance, and says in the words of the configuration what they tell.
package struct InstanceDiscovery: Sendable {
    /// Nil where there is no instance in containers.
    package let containers: InstanceContainers?
    /// Why nothing was found, where something should have been: no engine, no permission, no such container.
    package let fault: (any Fault)?
    package let settings: DiscoveredInstance?
    /// From where the containers are reached.
    package let viewpoint: Viewpoint

    /// What to say where the operator named containers that cannot be looked at; nil otherwise.
    package let warning: String?

    /// What is there when nobody looked.
    package static let nothing = InstanceDiscovery(nil, false)

    /// Looks, and throws nothing: most of what this program does works without containers too.
    ///
    /// - Parameter isExplicit: whether the operator named the containers, so that they must be there.
    package static func look(
        _ names: [InstanceContainers.Role: String], isExplicit: Bool, _ surroundings: Surroundings
    ) -> InstanceDiscovery {
        let docker = surroundings.docker
        // Where there is no engine's client, nobody expects containers.
        guard docker.isInstalled else {
            return InstanceDiscovery(isExplicit ? DockerFault.notInstalled : nil, isExplicit)
        }
        do {
            let found = try InstanceContainers.find(names, in: docker), viewpoint = try docker.viewpoint()
            return InstanceDiscovery(
                containers: found, settings: try settings(found, surroundings.files, viewpoint),
                viewpoint: viewpoint)
        } catch { return InstanceDiscovery(.of(error), isExplicit) }
    }

    private init(
        containers: InstanceContainers, settings: DiscoveredInstance, viewpoint: Viewpoint
    ) {
        self.containers = containers
        fault = nil
        self.settings = settings
        self.viewpoint = viewpoint
        warning = nil
    }

    private init(_ fault: (any Fault)?, _ isExplicit: Bool) {
        (containers, settings, viewpoint) = (nil, nil, .host)
        self.fault = fault
        warning =
            isExplicit ? fault.map { "the configured containers were not inspected: \($0.message)" } : nil
    }

    private static func settings(
        _ found: InstanceContainers, _ files: Files, _ viewpoint: Viewpoint
    ) throws -> DiscoveredInstance {
        var told = DiscoveredInstance()
        if let container = found[.database],
            let database = ContainerDatabase(container, from: viewpoint)
        {
            told.database = DiscoveredInstance.Database(
                container: container.name, host: database.host, port: database.port, route: database.route,
                name: database.name, user: database.user, password: database.password, aliases: container.hostNames)
        }
        if let container = found[.backend] {
            told.backend = DiscoveredInstance.Backend(
                container: container.name, environment: container.environment)
        }
        if let compose = found.compose { try addFiles(of: compose, found, files, to: &told) }
        return told
    }

    /// The files that the project was made from, as far as they are still there.
    private static func addFiles(
        of compose: ComposeLabels, _ found: InstanceContainers, _ files: Files, to told: inout DiscoveredInstance
    ) throws {
        let named = found.backendOrAny?.name ?? compose.project
        told.fileOrigin = .container(named, detail: "compose project \(compose.project)")
        var wanted: [ComposeFile.EnvFileReference] = [], others: [ComposeFile.EnvFileReference] = []
        let want = { (path: String, isRequired: Bool) in
            ComposeFile.EnvFileReference(path: path, isRequired: isRequired)
        }
        if let folder = compose.workingFolder, compose.environmentFiles.isEmpty {
            wanted.append(want(Files.join(folder, ".env"), false))
        }
        wanted += compose.environmentFiles.map { want($0, true) }
        let services = InstanceContainers.Role.allCases.compactMap { found[$0]?.compose?.service }
        for path in compose.files {
            guard try files.status(path, followingLinks: true) != nil else {
                told.notes.append("the project's compose file \(path) is gone; was it moved?")
                continue
            }
            told.composeFiles.append(path)
            do {
                let file = try ComposeFile(
                    files.readSecret(path, limit: 4 << 20), path: path,
                    projectFolder: compose.workingFolder ?? Files.parent(of: path))
                wanted += services.flatMap { file.envFiles(of: $0) }
                others += file.services.filter { !services.contains($0) }.flatMap { file.envFiles(of: $0) }
            } catch let fault as SettingsFault { told.notes.append(fault.message) }
        }
        for file in wanted {
            let path = files.normalised(file.path)
            if told.envFiles.contains(path) { continue }
            if try files.status(path, followingLinks: true) != nil {
                told.envFiles.append(path)
            } else if file.isRequired {
                told.notes.append("the project's env file \(path) is gone")
            }
        }
        for path in others.map({ files.normalised($0.path) }) where !told.otherFiles.contains(path) {
            let isNew = !told.envFiles.contains(path)
            if isNew, try files.status(path, followingLinks: true)?.kind == .file { told.otherFiles.append(path) }
        }
    }
}

extension ResolvedConfiguration.Containers {
    /// The names by what the containers do; nil without containers.
    package var byRole: [InstanceContainers.Role: String]? {
        guard case .named(let backend, let database, let redis) = self else { return nil }
        return [.backend: backend, .database: database, .redis: redis]
    }
}

extension ResolvedConfiguration {
    package var containerNames: [InstanceContainers.Role: String]? { containers.byRole }
}
