import DurableFiles
import Effects
import Faults
import InfisicalData
import InfisicalStore
import Instance
import InstanceAccess
import InstanceData
import InstanceHealth
import Operations
import Postgres
import Repository
import Restoring
import Settings

/// The steps of a recovery. Each first asks whether it was done, so that they can be gone through again.
final class RecoveryRun {
    private let operation: RecoverOperation
    private let plan: RecoverOperation.Plan
    private let progress: BackupProgress
    private let told: (String) -> Void
    private let compose: Compose
    private let recovered: RecoveredInstance
    private var record: RecoveryRecord
    private var rows: Int?
    private var losses: [ObjectLoss] = []
    private var warnings: [String]
    private let phases: RecoveryPhases

    init(
        _ operation: RecoverOperation, _ plan: RecoverOperation.Plan, _ phases: RecoveryPhases,
        _ progress: BackupProgress, _ told: @escaping (String) -> Void
    ) throws {
        self.operation = operation
        self.plan = plan
        self.progress = progress
        self.told = told
        guard let compose = try Compose(operation.surroundings.docker, plan.project.labels) else {
            throw InstanceFault.composeMissing
        }
        self.compose = compose
        recovered = RecoveredInstance(operation.workplace, plan.project)
        record = plan.record
        warnings = plan.warnings
        self.phases = phases
    }

    private var surroundings: Surroundings { operation.surroundings }
    private var options: RecoverOperation.Options { operation.options }

    func perform() throws -> RecoverOperation.Report {
        try phases.measure("files") {
            told("putting the files back")
            try plan.placed.write(options.existing, surroundings.files)
        }
        let pin = try phases.measure("images") { () throws -> String? in
            if plan.pins.pins.contains(where: \.isFetched) { told("fetching images") }
            for volume in try plan.project.missingVolumes(surroundings.docker) {
                try surroundings.docker.createVolume(volume)
            }
            for network in try plan.project.missingNetworks(surroundings.docker) {
                try surroundings.docker.createNetwork(network)
            }
            return try plan.pins.write(operation.workplace.instance)
        }
        let endpoint = try phases.measure("database") { try makeDatabase(pin) }
        try phases.measure("restore") {
            try restore(Part.main(try plan.project.database(), record), into: endpoint)
            if let name = plan.auditLogs { try restore(Part.auditLogs(name, record), into: endpoint) }
            try requireOpening(endpoint)
        }
        if let retired = plan.retired { try phases.measure("new keys") { try replace(retired, in: endpoint) } }
        var health = HealthReport(steps: [])
        for role in plan.project.roles where role != .database {
            health = try phases.measure(role.rawValue) { try make(role, pin) }
        }
        let census = try phases.measure("ciphertexts") {
            told("trying every ciphertext")
            var options = CensusOperation.Options()
            options.backup = nil
            // What was recovered may be an older backup than the newest: the plan says so of one that does not count.
            options.isInstance = false
            return try CensusOperation(try recovered.look(), options).perform(progress: .init())
        }
        return RecoverOperation.Report(
            backup: plan.entry.id.text, project: plan.project.origin.project, folder: plan.project.folder,
            database: try plan.project.database(), rows: rows, files: plan.placed.files.map(\.path),
            phases: phases.all, seconds: phases.total, dataAge: operation.dataAge(plan.entry),
            // It is this one, and all that is left is to say so.
            health: health.without("unfinished-recovery"),
            census: census, losses: losses, warnings: warnings,
            signer: operation.workplace.configuration.signer)
    }

    // MARK: - Containers

    private func makeDatabase(_ pin: String?) throws -> Endpoint {
        guard let service = plan.project.services[.database] else {
            throw RecoveryFault.noService(role: "database", project: plan.project.origin.project)
        }
        told("creating the container of the database")
        try compose.make(service, pin: pin)
        let clock = surroundings.clock, end = clock.monotonic(after: Double(options.timeout.components.seconds))
        while true {
            guard let container = try recovered.container(.database) else {
                throw InstanceFault.missing(role: "database", names: [service])
            }
            let reason: String
            do {
                if let endpoint = try endpoint(of: container) {
                    let connection = try open(endpoint.with(database: "template1"))
                    connection.close()
                    return endpoint
                }
                reason = "it has no address yet"
            } catch let fault as PostgresFault {
                if case .interrupted = fault { throw fault }
                guard RecoveryRun.mayPass(fault) else { throw fault }
                reason = fault.message
            }
            let hasEnded = container.state == .exited || container.state == .dead
            if hasEnded || clock.monotonic() > end {
                let lines = try surroundings.docker.lastLines(of: container.id, count: 3)
                throw RecoveryFault.partFails(
                    role: "database", condition: container.state.rawValue,
                    reason: hasEnded ? lines.joined(separator: " / ") : reason,
                    hints: [.command(["docker", "logs", container.name])])
            }
            try surroundings.cancellation.sleep(milliseconds: 300, effects: surroundings.effects)
        }
    }

    /// Whether a server that is starting may be the cause.
    private static func mayPass(_ fault: PostgresFault) -> Bool {
        switch fault {
        case .connectionRefused, .unreachable, .serverNotReady, .connectFailed, .connectTimedOut, .connectionLost: true
        default: false
        }
    }

    private func endpoint(of container: Container) throws -> Endpoint? {
        let viewpoint = try surroundings.docker.viewpoint()
        guard let found = ContainerDatabase(container, from: viewpoint) else { return nil }
        return Endpoint(
            host: found.host, port: found.port, database: found.name, user: found.user, password: found.password,
            passwordOrigin: "POSTGRES_PASSWORD of the container \(container.name)")
    }

    private func open(_ endpoint: Endpoint) throws -> Connection {
        try Connection.open(
            endpoint, role: "recover", use: .writing, effects: surroundings.effects,
            cancellation: surroundings.cancellation)
    }

    /// Makes a part and waits until it works.
    private func make(_ role: InstanceContainers.Role, _ pin: String?) throws -> HealthReport {
        guard let service = plan.project.services[role] else { return HealthReport(steps: []) }
        let seconds = operation.options.timeout.components.seconds
        told("creating the container of \(role.text), and waiting until it works, at most \(seconds) s")
        try compose.make(service, pin: pin)
        let waiting = HealthWait(
            surroundings.cancellation, effects: surroundings.effects, patience: options.timeout)
        let report = try waiting.untilHealthy { try HealthOperation(try recovered.look()).perform(through: role) }
        if let failed = report.firstFailure {
            throw RecoveryFault.partFails(
                role: failed.role.rawValue, condition: failed.condition.rawValue,
                reason: failed.details.joined(separator: "; "), hints: failed.hints)
        }
        return report
    }

    // MARK: - The database

    /// One of the databases.
    private struct Part {
        /// In the backup.
        let role: String
        let name: String
        /// Under which name it is restored.
        let copy: String
        let oid: WritableKeyPath<RecoveryRecord, UInt32?>

        static func main(_ name: String, _ record: RecoveryRecord) -> Part {
            Part(role: "main", name: name, copy: record.copy, oid: \.oid)
        }

        static func auditLogs(_ name: String, _ record: RecoveryRecord) -> Part {
            Part(role: RecoverOperation.auditRole, name: name, copy: record.copy + "_audit", oid: \.auditLogs)
        }
    }

    /// Restores under a name of its own, and gives the copy that of the database when it is whole.
    private func restore(_ part: Part, into endpoint: Endpoint) throws {
        let name = part.name
        let connection = try open(endpoint.with(database: "template1"))
        defer { connection.close() }
        let identifier = try ServerFacts.identifier(connection)
        // Another server than the one that was begun on knows nothing of this recovery.
        if record.server != identifier { (record.server, record.oid, record.auditLogs) = (identifier, nil, nil) }
        try record.write(operation.workplace.instance)
        let present = try DatabaseSwap.oid(of: name, connection)
        if let present, present == record[keyPath: part.oid] {
            told("the database \(name) is restored already")
            return note(part)
        }
        // One whose DROP was cut off with the server lets nobody look, and holds nothing that could be had again.
        let isInvalid = try DatabaseSwap.isInvalid(name, connection)
        if present != nil, try !isInvalid && !isEmpty(endpoint.with(database: name)) {
            throw RecoveryFault.databaseFilled(name, server: endpoint.server)
        }
        if try DatabaseSwap.oid(of: part.copy, connection) == nil {
            for left in try TemporaryDatabase.unfinished(of: part.copy, isIdle: true, connection) {
                try TargetDatabase.drop(left, on: connection)
            }
            try load(part, endpoint)
        }
        record[keyPath: part.oid] = try DatabaseSwap.oid(of: part.copy, connection)
        try record.write(operation.workplace.instance)
        // What the image makes at its first start has nothing in it.
        if present != nil { try TargetDatabase.drop(name, on: connection) }
        try connection.query("ALTER DATABASE \(identifier: part.copy) RENAME TO \(identifier: name)")
        note(part)
    }

    private func load(_ part: Part, _ endpoint: Endpoint) throws {
        told("restoring the database \(part.name)")
        var restore = RestoreOperation.Options(database: part.copy)
        restore.role = part.role
        restore.id = plan.entry.id.text
        restore.server = endpoint
        restore.createRoles = true
        restore.locale = options.locale
        restore.jobs = options.jobs
        restore.identities = plan.identities
        let operation = RestoreOperation(try recovered.look(), restore)
        let inner = try operation.plan()
        let report = try operation.perform(inner, progress: progress)
        rows = (rows ?? 0) + report.rows
        losses += report.losses
        warnings += (inner.warnings + inner.missingRoles.map { "the role \($0) was created without a password" })
            .filter { !warnings.contains($0) }
    }

    /// The root key must be there and open: a server that finds none makes a new one, and serves nothing of what there was.
    private func requireOpening(_ endpoint: Endpoint) throws {
        let connection = try open(endpoint.with(database: try plan.project.database()))
        defer { connection.close() }
        let database = try InfisicalDatabase(connection)
        let flag = try database.fipsFlag(), keys = KeysInForce.ofRendered(try plan.project.environment(), flag)
        // An earlier run may have written the new key into the env files, and not yet have encrypted anything with it.
        let before = plan.retired.map { KeysInForce.ofRendered($0.environment, flag) }
        let trial = try KeyTrial.run(try database.keySamples(), with: [keys, before].compactMap(\.self))
        if !trial.isUsable {
            throw RecoveryFault.copyDoesNotOpen(trial.summary, backup: plan.entry.id.text)
        }
    }

    private func replace(_ retired: RetiredKeptKeys, in endpoint: Endpoint) throws {
        let database = endpoint.with(database: try plan.project.database())
        let writer = try open(database), reader = try open(database)
        defer {
            writer.close()
            reader.close()
        }
        let exchange = RetiredKeyExchange(retired, plan.project, surroundings)
        let flag = try InfisicalDatabase(reader).fipsFlag()
        told("encrypting the data with a new key")
        let new = try exchange.write(flag) { paths in
            record.edited = paths
            try record.write(operation.workplace.instance)
        }
        warnings += try exchange.perform(new, flag, writer: writer, reader: reader)
        warnings.append(
            "the new key is in the env file only: take a backup, which keeps it, and a copy with keys escrow")
    }

    private func isEmpty(_ endpoint: Endpoint) throws -> Bool {
        let connection = try open(endpoint)
        defer { connection.close() }
        return try connection.query(
            """
            SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' LIMIT 1
            """
        ).count == 0
    }

    /// Says to the next backup what is in place of the database now, so that it does not call that a loss.
    private func note(_ part: Part) {
        if part.role != "main" { return }
        do {
            let change = Manifest.OwnChange.restored(plan.entry.id, run: record.copy)
            try operation.workplace.repository().host.note(change)
        } catch {
            let fault: any Fault = .of(error)
            warnings.append(
                "the next backup may be reported as shrunk; this recovery could not be recorded: \(fault.message)")
        }
    }
}
