import DurableFiles
import Faults
import FoundationEssentials
import InPlace
import InfisicalData
import InfisicalStore
import InstanceAccess
import Operations
import Postgres
import Repository
import Rotation
import Secrets
import Settings

/// Begins the journal of an open rotation anew, out of the keys in the repository, after the state folder was lost. What was
/// done is then asked of database, env files and engine.
struct RotationRescue {
    private let workplace: Workplace
    private let identityFile: String?

    init(_ workplace: Workplace, identityFile: String?) {
        self.workplace = workplace
        self.identityFile = identityFile
    }

    /// - Throws: `RotationRefusal.nothingOpen`, `.severalOpen`; what keeps the keys from being opened; `RepositoryFault.otherRotation`.
    func begin(_ journal: RotationJournal) throws {
        let repository = try workplace.repository(), keys = try keys(nil), id = keys.id
        let (server, oid, instance) = try here(keys.database.name)
        try keys.require(
            RotationKeys.Database(
                name: workplace.configuration.database.name, oid: oid, system: server.identifier, instance: instance))
        guard let depth = keys.depth.flatMap(RotationWork.Depth.init(rawValue:)) else {
            throw RotationRefusal.nothingOpen
        }
        let site = try site(keys, depth)
        let work = RotationWork(
            id: id.text, route: depth == .native ? .stagedKey : .encryptionKey, depth: depth,
            changes: keys.changes, server: server,
            database: InPlace.DatabaseIdentity(name: keys.database.name, oid: oid),
            containers: site.remake.project?.replicas.map { .init(name: $0.name, restartPolicy: $0.restartPolicy) }
                ?? [],
            files: site.files.map(\.path))
        let own = try RotationHostKey(
            makingAt: RotationSafe.hostKey(workplace.instance), files: workplace.surroundings.files)
        var records: [RotationRecord] = [
            .prepared(try site.text()), .sealed(try own.seal(keys, repository: repository.description.id)),
            .marked(RotationRescue.lostMark),
        ]
        for replica in site.remake.project?.replicas ?? [] where replica.restartPolicy == "no" {
            records.append(
                .left(
                    "the engine does not start \(replica.name) by itself: if it did before, run docker update --restart "
                        + "unless-stopped \(replica.name)"))
        }
        // All at once: begun alone, it would pass for one that has changed nothing.
        _ = try journal.begin(work, records + [.entered(.asking)])
    }

    /// Those of the only rotation whose keys lie in the repository.
    ///
    /// - Parameter id: of the one that is meant, where that is known.
    func keys(_ id: RotationID?) throws -> RotationKeys {
        let repository = try workplace.repository(), store = RotationStore(repository)
        // What an ended one has left is none to go on with.
        let lost = try LostRotations.ids(workplace.instance)
        let ids = try store.ids.filter { found in id.map { $0 == found } ?? lost.contains(found.text) }
        guard let id = ids.first else { throw RotationRefusal.nothingOpen }
        if ids.count > 1 { throw RotationRefusal.severalOpen(ids.map(\.text)) }
        let identities = try workplace.requireIdentities(repository, override: identityFile)
        return try store.open(id, identities: identities.all, source: identities.source)
    }

    /// In the place of a mark that was lost: the rows decide.
    static let lostMark = "lost"

    /// The instance's number is not asked where the database is closed.
    private func here(_ name: String) throws -> (DatabaseServer, oid: UInt32, instance: String?) {
        let connections = DatabaseConnections(workplace.instance)
        let beside = try connections.openBeside("rotate")
        defer { beside.close() }
        let server = try DatabaseServer.of(beside, workplace.instance)
        guard let oid = try DatabaseSwap.oid(of: name, beside) else {
            throw RotationRefusal.otherDatabase("there is no database \"\(name)\" on \(server.address)")
        }
        if try DatabaseFence(database: name, oid: oid).isClosed(beside) { return (server, oid, nil) }
        let session = try connections.open(.main, role: "rotate")
        defer { session.close() }
        return (server, oid, try InfisicalDatabase(session).instanceID())
    }

    private func site(_ keys: RotationKeys, _ depth: RotationWork.Depth) throws -> RotationSite {
        let instance = workplace.instance
        let remake = try ContainerRemake(instance, patience: RotationActions.Patience().stop, flag: keys.flag).survey()
        let bare = RotationMaterial(
            keys, RotationSite(remake: remake, files: [], oldLabels: [], newLabels: []), depth: depth)
        let all = try RotationFiles(instance, bare.site, keys).read(), feeding = try feeding(keys, remake)
        let files = all.keys.sorted().compactMap { path -> RotationSite.File? in
            var names: [String: String] = [:]
            for entry in all[path]?.entries ?? [] where feeding.contains(entry.name) {
                for (variable, values) in keys.changed {
                    let value = entry.value.trimmed()
                    if value.equals(values.old) || value.equals(values.new) { names[entry.name] = variable }
                }
            }
            return names.isEmpty ? nil : RotationSite.File(path: path, record: nil, names: names)
        }
        return RotationSite(
            remake: remake, files: files, oldLabels: Set(bare.old.candidates.map(\.label)),
            newLabels: Set(bare.new.candidates.map(\.label)))
    }

    /// The names of the definitions that feed the backend; another service may have the same value under another name.
    private func feeding(_ keys: RotationKeys, _ remake: RemakeRecord) throws -> Set<String> {
        let changed = keys.changed
        guard let project = remake.project else {
            let isGuide = workplace.configuration.instance.usesGuideNames
            return Set(changed.keys.map { isGuide ? "INFISICAL_" + $0 : $0 })
        }
        let targets = changed.map { variable, values in
            KeyDefinitions.Target(service: project.service, variable: variable, old: values.old, new: values.new)
        }
        let definitions: KeyDefinitions
        do { definitions = try KeyDefinitions(targets, of: workplace.instance) } catch KeyDefinitionFault.notInForce {
            // The files were edited before the journal was lost.
            definitions = try KeyDefinitions(targets.map(\.reversed), of: workplace.instance)
        }
        return Set(definitions.names + definitions.edits.flatMap(\.places).map(\.name))
    }
}

extension KeyDefinitions.Target {
    fileprivate var reversed: KeyDefinitions.Target {
        KeyDefinitions.Target(service: service, variable: variable, old: new, new: old)
    }
}
