import DurableFiles
import Faults
import InfisicalData
import Instance
import InstanceAccess
import Postgres
import Repository
import Secrets
import Settings

/// What the project comes to on this host: the services that do the instance's work, and whether their places are free.
struct RecoveryProject {
    let origin: RecoveryOrigin
    let rendered: RenderedProject
    /// Of the project on this host.
    let folder: String
    let services: [InstanceContainers.Role: String]
    private let staged: StagedProject

    /// - Throws: `noService`.
    init(_ origin: RecoveryOrigin, _ staged: StagedProject, into folder: String) throws(RecoveryFault) {
        self.origin = origin
        self.staged = staged
        self.folder = folder
        rendered = staged.rendered
        var services: [InstanceContainers.Role: String] = [:]
        for role in InstanceContainers.Role.allCases { services[role] = origin.service(role, in: staged.rendered) }
        for role in [InstanceContainers.Role.database, .backend] where services[role] == nil {
            throw .noService(role: role.rawValue, project: origin.project)
        }
        self.services = services
    }

    func service(_ role: InstanceContainers.Role) -> RenderedService? {
        services[role].flatMap { rendered.services[$0] }
    }

    /// The parts that are containers of the project, in the order in which they need each other.
    var roles: [InstanceContainers.Role] { InstanceContainers.Role.allCases.filter { services[$0] != nil } }

    /// What else the project runs, and nobody asked for.
    var others: [String] { rendered.services.keys.filter { !services.values.contains($0) }.sorted() }

    /// A path of the lost host, or of the stage, on this host.
    private func here(_ path: String) -> String {
        PlacedFiles.moved(staged.original(path), from: origin.folder, into: folder)
    }

    /// The project as Compose is told of it.
    var labels: ComposeLabels {
        ComposeLabels(
            project: origin.project, folder: folder, files: origin.files.map(here),
            environmentFiles: origin.environmentFiles.map(here))
    }

    // MARK: - Its keys

    /// What the backend will be made with.
    func environment() throws(SettingsFault) -> InstanceEnvironment {
        try InstanceEnvironment(
            container: services[.backend] ?? "", rendered.services[services[.backend] ?? ""]?.environment ?? [:])
    }

    /// The database that the backend will open.
    func database() throws(SettingsFault) -> String { try environment().databaseTarget.name }

    /// The second database, for audit logs, where it is on the same server; nil otherwise.
    func auditDatabase() throws(SettingsFault) -> String? {
        let environment = try environment(), main = environment.databaseTarget
        guard let audit = environment.auditLogs, audit.host == main.host, audit.port == main.port,
            audit.name != main.name
        else { return nil }
        return audit.name
    }

    /// The superuser that the database's container makes at its first start.
    var databaseUser: String {
        let named = service(.database)?.environment["POSTGRES_USER"]?.revealedText() ?? ""
        return named.isEmpty ? ScratchServer.user : named
    }

    /// What to say of a backend that is not that user; a sentence without full stop.
    func loginWarning() throws(SettingsFault) -> String? {
        let user = try environment().databaseTarget.user
        if user == databaseUser { return nil }
        return
            "the backend connects as \(user), and the database's container makes \(databaseUser): where its start files do "
            + "not make the other, it is created without a login, and the backend cannot connect before somebody gives it one "
            + "(ALTER ROLE … LOGIN PASSWORD)"
    }

    /// The key must be the one that the data needs, or the backend will not start on it.
    ///
    /// - Returns: what to say of it all the same; a sentence without full stop.
    func requireKey(_ entry: InventoryEntry, _ keepers: KeyKeepers) throws -> String? {
        guard let record = entry.manifest.infisical, record.era != "none" else {
            throw RecoveryFault.notInfisical(backup: entry.id.text)
        }
        let environment = try environment()
        let labels = [FIPSMode.DatabaseFlag.notAsked, .noColumn].flatMap { flag in
            KeysInForce.ofRendered(environment, flag).keys.candidates.map(\.label)
        }
        guard environment.hasKey, let first = labels.first else { throw RecoveryFault.noKey(backup: entry.id.text) }
        let said = KeptKey.warning(of: entry, keepers)
        if let needed = record.keyLabel, !labels.contains(needed) {
            throw RecoveryFault.otherKey(backup: entry.id.text, needed: needed, found: [first], reason: said)
        }
        if record.keyLabel == nil, record.verdict == .doesNotOpen, record.keyElsewhere != true {
            throw RecoveryFault.otherKey(backup: entry.id.text, needed: "", found: [first], reason: said)
        }
        return said
    }

    // MARK: - Its places

    /// Refuses where an instance may be: its containers, or data in what the new ones would be given.
    func requireFree(_ docker: Docker, _ files: Files) throws {
        let names = roles.compactMap { service($0)?.containerName }
        let own = try docker.composed(project: origin.project).filter {
            services.values.contains($0.compose?.service ?? "")
        }
        let found = Set(try docker.containers(names).map(\.name) + own.map(\.name)).sorted()
        if !found.isEmpty { throw RecoveryFault.instanceExists(project: origin.project, containers: found) }
        for role in roles {
            for source in service(role)?.sources ?? [] { try requireEmpty(source, of: role, docker, files) }
        }
    }

    private func requireEmpty(
        _ source: RenderedService.Source, of role: InstanceContainers.Role, _ docker: Docker, _ files: Files
    ) throws {
        guard let from = source.from else { return }
        if source.isPath {
            // Whatever else is mounted there is configuration.
            guard isData(source.target, of: role) else { return }
            return try requireEmptyFolder(here(from), "the folder \(here(from))", files)
        }
        guard let volume = rendered.volumes[from] else { return }
        if let device = volume.device {
            try requireEmptyFolder(device, "\(device), which the volume \(volume.name) stands for,", files)
        }
        guard let found = try docker.volumes([volume.name]).first else { return }
        // What cannot be looked at, because the engine is elsewhere, may hold anything.
        let isEmpty = try files.status(found.folder)?.kind == .folder && files.list(found.folder).isEmpty
        if !isEmpty { throw RecoveryFault.dataExists("the volume \(found.name)") }
    }

    private func requireEmptyFolder(_ path: String, _ words: String, _ files: Files) throws {
        guard try files.status(path, followingLinks: true)?.kind == .folder else { return }
        if try !files.list(path).isEmpty { throw RecoveryFault.dataExists(words) }
    }

    /// Whether a part keeps its data there.
    private func isData(_ target: String, of role: InstanceContainers.Role) -> Bool {
        switch role {
        case .database:
            let own = service(role)?.environment["PGDATA"]?.revealedText() ?? "/var/lib/postgresql/data"
            return own == target || own.hasPrefix(Files.join(target, "")) || target.hasPrefix("/var/lib/postgresql")
        case .redis: return ["/data", "/bitnami/redis/data", "/var/lib/redis"].contains(target)
        case .backend: return false
        }
    }

    /// Volumes that the project only uses, and that are not there.
    func missingVolumes(_ docker: Docker) throws -> [String] {
        let used = roles.flatMap { service($0)?.sources ?? [] }.compactMap { $0.from.flatMap { rendered.volumes[$0] } }
        let names = Set(used.filter(\.isExternal).map(\.name)).sorted()
        let present = Set(try docker.volumes(names).map(\.name))
        return names.filter { !present.contains($0) }
    }

    /// Networks that the project only uses, and that are not there.
    func missingNetworks(_ docker: Docker) throws -> [String] {
        let used = roles.flatMap { service($0)?.networks ?? [] }.compactMap { rendered.externalNetworks[$0] }
        let names = Set(used).sorted(), present = try docker.networks(names)
        return names.filter { !present.contains($0) }
    }

    /// Paths on this host that containers mount.
    var mounted: Set<String> {
        Set(roles.flatMap { service($0)?.sources ?? [] }.filter(\.isPath).compactMap(\.from).map(here))
    }

    /// Files and folders that are mounted from the host, and were not kept: the engine would put empty folders there.
    func notKept(_ placed: PlacedFiles, _ files: Files) throws -> [String] {
        let kept = Set(placed.files.map(\.path))
        return try roles.flatMap { role in
            try (service(role)?.sources ?? []).filter { $0.isPath && !isData($0.target, of: role) }.compactMap {
                $0.from
            }.map(here).filter { path in
                try !kept.contains(path) && files.status(path, followingLinks: true) == nil
            }
        }
    }
}
