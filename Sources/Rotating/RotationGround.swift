import DurableFiles
import Effects
import Faults
import InPlace
import InfisicalData
import InfisicalStore
import Instance
import InstanceAccess
import InstanceHealth
import Operations
import Postgres
import Processes
import Repository
import Rotation
import Secrets
import Settings

/// What a rotation begins with: the instance as it is, and everything that must be true of it. Reads only.
struct RotationGround {
    let workplace: Workplace
    let remake: RemakeRecord
    let server: DatabaseServer
    let database: InPlace.DatabaseIdentity
    /// `super_admin."instanceId"`.
    let instanceID: String?
    let era: Era
    /// In the form that a container's keys are read in.
    let flag: FIPSMode.DatabaseFlag
    let inForce: EnvironmentKeys
    let environment: InstanceEnvironment
    let warnings: [String]
    private let fence: DatabaseFence

    /// - Throws: everything that stands in the way, together.
    init(_ workplace: Workplace, stopPatience: Int) throws {
        self.workplace = workplace
        let instance = workplace.instance
        // Whatever else is wrong may come of it.
        if let open = try RotationJournal.obstacle(instance) { throw open }
        try RotationGround.requireNothingUnfinished(instance)
        var refusals = Refusals(), warnings: [String] = []
        try refusals.check { try workplace.requireFree(.instance) }
        try refusals.check { try RotationGround.requireRepository(workplace) }
        if instance.uncheckableBackend != nil { try refusals.check { throw RotationRefusal.uncheckable } }
        let beside = try refusals.required {
            do { return try DatabaseConnections(instance).openBeside("rotate") } catch {
                throw UnreachableInstance.of(error)
            }
        }
        defer { beside.close() }
        let name = instance.configuration.database.name
        let fence = try refusals.required { try DatabaseFence(name, beside) }
        self.fence = fence
        let connection = try refusals.required { try DatabaseConnections(instance).open(.main, role: "rotate") }
        defer { connection.close() }
        let infisical = try refusals.required { try InfisicalDatabase(connection) }
        if let text = infisical.otherSchemaText { try refusals.required { throw InstanceFault.otherSchema(text) } }
        flag = try infisical.fipsFlag()
        era = infisical.era
        instanceID = try infisical.instanceID()
        server = try .of(beside, instance)
        database = InPlace.DatabaseIdentity(name: name, oid: fence.oid)
        try refusals.check { try RotationGround.requireHealth(workplace) }
        let control = ContainerRemake(instance, patience: stopPatience, flag: flag)
        remake = try refusals.required { try control.survey() }
        let keys = KeysInForce(instance)
        if let finding = keys.finding {
            try refusals.check { throw RotationRefusal.edited(finding) }
        } else {
            // What fails for their sake would be called the rotation's fault, and not be cured by the way back.
            let names = try refusals.check { try control.pendingChanges() } ?? []
            if !names.isEmpty { try refusals.check { throw RotationRefusal.pendingChanges(names) } }
        }
        environment = instance.configuration.instance
        inForce = keys.ofBackend(flag).keys
        if let note = instance.authorityNote { warnings.append(note) }
        self.warnings = warnings
        try refusals.end()
    }

    var isFIPS: Bool {
        FIPSMode.isActive(
            environment: environment.fips ?? workplace.configuration.running?.fips ?? false, database: flag)
    }

    /// The copy of a restore in place, and what a recovery puts in place, are under the key of now.
    static func requireNothingUnfinished(_ instance: InstanceAccess) throws {
        if let lost = try LostRotations.obstacle(instance) { throw lost }
        if let found = try UnfinishedChanges.all(instance).first {
            throw RotationFault.otherUnfinished(found.text, command: found.command)
        }
    }

    private static func requireRepository(_ workplace: Workplace) throws {
        let repository = try workplace.repository()
        // What nobody here can read again is no backup to rely on.
        if let doubt = try HostIdentity.doubt(workplace.identityPath(repository, override: nil), repository) {
            throw doubt
        }
        try workplace.requireFree(.backup(repository.layout), .repository(repository.layout, .shared))
        _ = try repository.writingSigner()
        if try workplace.escrowRecipients(repository).isEmpty { throw RepositoryFault.noRecipients }
        let last = try Inventory(repository).latest?.manifest
        if let obstacle = try RepositoryRoom(repository, last: last).obstacle { throw obstacle }
    }

    /// What does not work before would be called the rotation's fault afterwards, and taken back.
    private static func requireHealth(_ workplace: Workplace) throws {
        let report = try HealthOperation(workplace).perform()
        guard let failed = report.firstFailure else { return }
        throw RotationRefusal.unhealthy(
            role: failed.role.rawValue, condition: failed.condition.rawValue,
            reason: failed.details.joined(separator: "; "),
            hints: failed.hints.isEmpty ? [.command(["infisical-ops", "health"])] : failed.hints, exit: report.exit)
    }

    // MARK: - For what closes the database

    /// What keeps the database from being closed, or its commit from being durable.
    func requireClosing(isDurable: Bool) throws {
        let beside = try DatabaseConnections(workplace.instance).openBeside("rotate")
        defer { beside.close() }
        var refusals = Refusals()
        for obstacle in try obstacles(beside) { try refusals.check { throw obstacle } }
        if isDurable, let obstacle = try TransactionMark.obstacle(beside) { try refusals.check { throw obstacle } }
        try refusals.end()
    }

    /// A health check of the container comes and goes; whoever stays is somebody.
    private func obstacles(_ beside: Connection) throws -> [PostgresFault] {
        let clients = ApplicationClients(workplace.instance), surroundings = workplace.surroundings
        var left: [PostgresFault] = []
        for attempt in 0..<8 {
            if attempt > 0 { try surroundings.cancellation.sleep(milliseconds: 300, effects: surroundings.effects) }
            left = try fence.obstacles(clients, beside)
            let areOthers = left.contains { if case .unknownClients = $0 { true } else { false } }
            if !areOthers { break }
        }
        return left
    }

    /// Containers that nobody stops, and that would write under the old key.
    func requireNoStrangers(_ labels: Set<String>, stopPatience: Int) throws {
        let control = ContainerRemake(workplace.instance, patience: stopPatience, flag: flag)
        let names = try control.strangers(remake, with: labels)
        if !names.isEmpty { throw RotationRefusal.strangers(names) }
    }

    // MARK: - Env files

    /// The edits that give the backend other values.
    ///
    /// - Parameter values: by Infisical's variable.
    func edits(_ values: [String: (old: Secret, new: Secret)]) throws -> [RotationSite.File] {
        let edits: [EnvFileEdit]
        if let project = remake.project {
            let targets = values.sorted { $0.key < $1.key }.map { variable, pair in
                KeyDefinitions.Target(service: project.service, variable: variable, old: pair.old, new: pair.new)
            }
            // What this shell exports counts more than the files at the next start by hand.
            let shell = Set(CommandSpec.inherited { _ in true }.keys)
            edits = try KeyDefinitions(targets, of: workplace.instance, shell: shell).edits
        } else {
            var named: [String: (old: Secret, new: Secret)] = [:]
            for (variable, pair) in values {
                named[environment.usesGuideNames ? "INFISICAL_" + variable : variable] = pair
            }
            edits = try KeyDefinitions.edits(of: named, in: environment.files)
        }
        for variable in values.keys.sorted() where !edits.contains(where: { holds($0, values[variable]?.old) }) {
            throw RotationRefusal.noDefinition(variable)
        }
        return try files(edits, values)
    }

    /// The edits that give the backend and its database another password.
    func edits(_ holders: PasswordHolders) throws -> [RotationSite.File] {
        let edits: [EnvFileEdit]
        if remake.project == nil {
            edits = try KeyDefinitions.edits(of: holders.named, in: environment.files)
        } else {
            let shell = Set(CommandSpec.inherited { _ in true }.keys)
            edits = try KeyDefinitions(holders.targets, of: workplace.instance, shell: shell).edits
        }
        if edits.isEmpty { throw RotationRefusal.noDefinition(PasswordHolders.variable) }
        return try files(edits, holders.values)
    }

    private func files(
        _ edits: [EnvFileEdit], _ values: [String: (old: Secret, new: Secret)]
    ) throws -> [RotationSite.File] {
        try edits.map { edit in
            let rewrite = try EnvFileRewrite(edit)
            try rewrite.requireWritable(workplace.surroundings.files)
            return RotationSite.File(
                path: edit.before.path, record: rewrite.record, names: names(edit, values))
        }
    }

    private func holds(_ edit: EnvFileEdit, _ value: Secret?) -> Bool {
        guard let value else { return false }
        return edit.places.contains { place in
            edit.before.entries.contains { $0.line == place.line && $0.value.trimmed().equals(value.trimmed()) }
        }
    }

    private func names(
        _ edit: EnvFileEdit, _ values: [String: (old: Secret, new: Secret)]
    ) -> [String: String] {
        var names: [String: String] = [:]
        // Also those that only refer to another one: the next edit must name them.
        for (entry, after) in zip(edit.before.entries, edit.after.entries) {
            for (variable, pair) in values
            where entry.value.trimmed().equals(pair.old.trimmed()) && after.value.trimmed().equals(pair.new.trimmed()) {
                names[entry.name] = variable
            }
        }
        return names
    }

    /// Secrets inside of Infisical that hold the old values.
    ///
    /// - Throws: `RotationRefusal.storedCopies`, `.unknownCopy`, `.copyOutOfReach` and `.loneExport`.
    static func copies(
        of values: [String: (old: Secret, new: Secret)], or earlier: EarlierKeys = .none, _ workplace: Workplace,
        choice: StoredCopies.Choice
    ) throws -> StoredCopies {
        let copies = try StoredCopies(of: values.mapValues(\.old), or: earlier, workplace, choice: choice)
        if let place = copies.unknown.first { throw RotationRefusal.unknownCopy(place) }
        let winning = copies.copies.filter(\.wouldWin)
        let loneExport = loneExport(workplace)
        if !winning.isEmpty, choice.treatment == nil {
            throw RotationRefusal.storedCopies(
                winning.map(\.text), canBeRemoved: loneExport == nil,
                hasIdentity: workplace.configuration.identityClientID != nil)
        }
        guard !copies.written.isEmpty else { return copies }
        if choice.treatment == .remove, let loneExport { throw RotationRefusal.loneExport(path: loneExport) }
        try StoredCopyExchange(copies.written, values, workplace.instance).requireReach()
        return copies
    }

    /// The only env file, where that may be one which a script writes out of Infisical: without the copies it would define the
    /// value no more.
    private static func loneExport(_ workplace: Workplace) -> String? {
        let files = workplace.configuration.instance.files.map(\.path)
        return files.count == 1 && !files[0].hasSuffix("/.env") ? files[0] : nil
    }

    /// The containers as the operator knows them.
    var containers: [InPlaceWork.Backend] {
        remake.project?.replicas.map { .init(name: $0.name, restartPolicy: $0.restartPolicy) } ?? []
    }

    var keysDatabase: RotationKeys.Database {
        RotationKeys.Database(
            name: database.name, oid: database.oid, system: server.identifier, instance: instanceID)
    }
}
