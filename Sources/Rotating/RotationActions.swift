import DurableFiles
import Effects
import Faults
import FoundationEssentials
import InPlace
import InfisicalData
import InfisicalStore
import Instance
import InstanceAccess
import InstanceHealth
import Operations
import Postgres
import Rekeying
import Repository
import Rotation

/// What is done in each state of a rotation, on the instance itself. Every action may be done again.
final class RotationActions: RotationActing {
    /// How long things may take.
    struct Patience {
        /// Until the instance works again.
        var start: Duration = .seconds(120)
        /// Seconds that a container may take to stop.
        var stop = 30
    }

    private let workplace: Workplace
    private let journal: RotationJournal
    private let work: RotationWork
    private let material: RotationMaterial
    private let patience: Patience
    private let progress: BackupProgress
    private let told: (String) -> Void
    /// Whether this run has seen the backend stopped, and not started it since.
    private var isHeld = false
    /// The sessions of this run that are inside the closed database.
    private var inside: RotationDatabase?

    init(
        _ workplace: Workplace, _ journal: RotationJournal, _ work: RotationWork, _ material: RotationMaterial,
        _ patience: Patience, _ progress: BackupProgress, told: @escaping (String) -> Void
    ) {
        self.workplace = workplace
        self.journal = journal
        self.work = work
        self.material = material
        self.patience = patience
        self.progress = progress
        self.told = told
    }

    private var instance: InstanceAccess { workplace.instance }

    func perform(_ action: RotationMachine.Action) throws -> RotationMachine.Event {
        switch action {
        case .secure: try secure()
        case .stopBackend: try stop()
        case .closeDatabase:
            told("closing the database to everybody else")
            try database().close()
        case .migrate: try migrate()
        case .askWhetherCommitted: return try isCommitted() ? .wasCommitted : .wasNotCommitted
        case .editFiles: try edit(isNew: true)
        case .makeContainer: try make(isNew: true)
        case .setPassword: try setPassword(isNew: true)
        case .setPasswordBack: try setPassword(isNew: false)
        case .openDatabase: try database().open()
        case .startBackend: try start()
        case .sweep: try sweep()
        case .prove: try prove()
        case .settle: try settle()
        case .conclude: try conclude()
        case .migrateBack: try migrateBack()
        case .editFilesBack: try edit(isNew: false)
        case .makeContainerBack: try make(isNew: false)
        case .startBackendBack: try startBack()
        case .concludeBack: try concludeBack()
        }
        return .done
    }

    // MARK: - Before

    private func secure() throws {
        told("taking a backup that keeps the old value")
        let id = try RotationBackup(workplace).take(keeping: work.route.migratesData ? old : nil, progress)
        try journal.add(.backedUp(id))
        try safe.put(material.keys)
    }

    private var old: String? { material.keys.old.label }

    private var safe: RotationSafe { RotationSafe(workplace, journal, material.keys, work.route) }

    // MARK: - Backend

    private var remake: ContainerRemake {
        ContainerRemake(instance, patience: patience.stop, flag: material.keys.flag)
    }

    private func stop() throws {
        told("stopping the backend")
        material.stopped = material.stopped ?? workplace.surroundings.clock.monotonic()
        if try !remake.hold(material.site.remake) {
            told("this engine cannot change restart policies; do not restart it meanwhile")
        }
        isHeld = true
    }

    private func make(isNew: Bool) throws {
        if material.site.remake.project != nil {
            told("making the backend's container anew with the \(isNew ? "new" : "old") value")
        }
        if !work.route.stopsFirst { material.stopped = material.stopped ?? workplace.surroundings.clock.monotonic() }
        try remake.make(
            material.site.remake, labels: material.labels(isNew: isNew), values: material.values(isNew: isNew))
        guard material.site.database != nil else { return }
        told("making the database's container anew with the \(isNew ? "new" : "old") value")
        try password().makeContainer(isNew: isNew)
        try wait(for: .database)
    }

    private func start() throws {
        // What the server keeps there is sealed with data keys that are no more.
        if work.depth == .rekey {
            told("emptying Redis")
            try InstanceRedis.empty(instance)
        }
        told("starting the backend, and waiting until everything works")
        // Without an engine nothing but this ends a process that has the other value.
        if material.site.remake.project == nil {
            // One that this run has seen stopped is only looked for.
            if isHeld {
                try BackendControl(instance, patience: patience.stop).stopAgain()
            } else {
                try remake.hold(material.site.remake)
            }
        }
        isHeld = false
        try remake.start(material.site.remake)
        try wait()
        material.started = workplace.surroundings.clock.monotonic()
    }

    /// A container that does not work may have been made of files that somebody has mended since.
    private func startBack() throws {
        do { try start() } catch {
            guard case InstanceFault.unhealthy = error, material.site.remake.project != nil else { throw error }
            try make(isNew: false)
            try start()
        }
    }

    private func wait(for last: InstanceContainers.Role = .backend) throws {
        let surroundings = workplace.surroundings
        let report = try HealthWait(
            surroundings.cancellation, effects: surroundings.effects, patience: patience.start
        ).untilHealthy { try HealthOperation(try workplace.refreshed()).perform(through: last) }
        guard
            let failed = report.firstFailure
                ?? report.steps.last(where: { $0.role == last && $0.condition != .healthy })
        else { return }
        throw InstanceFault.unhealthy(
            role: failed.role.rawValue, condition: failed.condition.rawValue,
            reason: failed.details.joined(separator: "; "), hints: failed.hints)
    }

    // MARK: - Database

    private func database() throws -> RotationDatabase {
        if let inside { return inside }
        let connections = DatabaseConnections(instance), name = work.database.name
        let database = RotationDatabase(
            DatabaseFence(database: name, oid: work.database.oid),
            inside: { try connections.openBeside("rotate", in: name) }, beside: try connections.openBeside("rotate"))
        inside = database
        return database
    }

    private func migrate() throws {
        let secure = { [self] (report: RekeyingReport) in
            material.take(report)
            try safe.add(material.keys)
        }
        let mark = { [self] (mark: TransactionMark) in
            try journal.add(.marked(String(decoding: try JSONEncoder().encode(mark), as: UTF8.self)))
        }
        if work.route == .stagedKey {
            told("staging the new key")
            return try database().stage(material.staging, mark: mark)
        }
        told("encrypting everything with the new key, in one transaction")
        material.report = try database().migrate(material.exchange, secure: secure, mark: mark)
    }

    private func isCommitted() throws -> Bool {
        told("asking whether the transaction was committed")
        if work.route == .stagedKey { return try database().isStaged(material.staging) }
        guard let text = journal.history.open?.mark else { return try database().isCommitted(nil, material.exchange) }
        if text == RotationRescue.lostMark { return try database().isMigrated(material.exchange) }
        let mark = try JSONDecoder().decode(TransactionMark.self, from: Data(text.utf8))
        return try database().isCommitted(mark, material.exchange)
    }

    private func migrateBack() throws {
        told("encrypting everything with the old key again")
        let report = try database().migrateBack(material.exchange, retired: material.retired)
        noteRootKey()
        material.leftBack = report.left
        if !report.left.isEmpty {
            try leave("\(report.left.count) values that no key opens stayed as they are")
        }
    }

    /// Says to the next backup that another root key is no sign of another instance.
    private func noteRootKey() {
        guard work.route == .encryptionKey, work.depth != .full else { return }
        do {
            let host = try workplace.repository().host
            // What failed may not fail again: a backup that knows nothing of this looks as if it were of another instance.
            do { try host.note(.rotated(run: work.id)) } catch { try host.note(.rotated(run: work.id)) }
        } catch {
            // Nothing of the rotation depends on it, and the way back must be possible without the repository.
            let fault: any Fault = .of(error)
            told("the next backup may be reported as shrunk; this rotation could not be recorded: \(fault.message)")
        }
    }

    private func sweep() throws {
        guard let report = try database().sweep(material.exchange, retired: material.retired) else { return }
        material.swept += report.rewritten
    }

    // MARK: - Env files

    private func edit(isNew: Bool) throws {
        if isNew { noteRootKey() }
        told(
            "writing the \(isNew ? "new" : "old") value into \(material.site.files.map(\.path).joined(separator: ", "))"
        )
        for path in try RotationFiles(instance, material.site, material.keys).write(isNew: isNew) {
            try leave("\(path) was edited by somebody else during the rotation: look at it")
        }
    }

    // MARK: - Role

    private func password() throws -> RotationPassword {
        RotationPassword(try workplace.refreshed(), work, material)
    }

    private func setPassword(isNew: Bool) throws {
        told("giving the role \"\(work.role ?? "")\" the \(isNew ? "new" : "old") password")
        try password().set(isNew: isNew) {
            // Without an engine the backend still runs, and every new session of it would fail.
            if material.site.remake.project == nil { try remake.hold(material.site.remake) }
        }
    }

    // MARK: - After

    private func prove() throws {
        try wait()
        if work.route == .databasePassword {
            told("logging in with the new password")
            if let doubt = try password().prove() { try leave(doubt) }
        }
        guard work.route.migratesData else { return }
        told("trying the new key on the running instance")
        let connection = try DatabaseConnections(instance).open(.main, role: "rotate")
        defer { connection.close() }
        let samples = try InfisicalDatabase(connection).keySamples()
        let report = try KeyTrial.run(samples, with: [KeyHolder(name: "the new key", keys: material.new)])
        if work.route == .encryptionKey, !report.opens { throw RotationRefusal.notProven(report.summary) }
        if work.route == .stagedKey {
            guard try material.staging.state(connection) == .promoted else {
                throw RotationRefusal.notProven("the server has not taken the staged key into use")
            }
            return
        }
        // Of two keys one may have stayed.
        let kept = Set(material.new.candidates.map(\.label))
        for candidate in material.old.candidates where !kept.contains(candidate.label) {
            let before = try KeyTrial.run(
                samples, with: [KeyHolder(name: "the old key", keys: EnvironmentKeys(candidate))])
            let opened = RoleTrial.Role.allCases.filter { before[$0]?.label == candidate.label }
            if !opened.isEmpty { throw RotationRefusal.notProven("something opens with the old key still") }
        }
    }

    /// For a run that takes over where the backend was started by one before, and the host was restarted since. Whatever fails of
    /// it is left: which value is in force is decided.
    private func keepRunning() throws {
        guard material.started == nil, try remake.startStopped(material.site.remake) else { return }
        told("starting the backend again")
        do { try wait() } catch {
            let fault: any Fault = .of(error)
            if fault.isSignal { throw fault }
            try leave("the backend was started again and does not work: run infisical-ops health (\(fault.message))")
        }
    }

    private func settle() throws {
        try reinstate()
        try keepRunning()
        for text in try RotationCopies(workplace, material, told: told).settle() { try leave(text) }
        // A replica that went on under the old key wrote until now.
        if work.route == .encryptionKey { try sweep() }
        // Once more, for a run in which it could not be written down: the same twice is once.
        noteRootKey()
        told("taking a backup that keeps the new value")
        let id = try RotationBackup(workplace).take(
            keeping: work.route.migratesData ? material.keys.new.label : nil, progress)
        material.nextBackup = id
    }

    /// A start script that exports the stored copies may have put the old value in force once more before they were exchanged.
    private func reinstate() throws {
        let site = material.site
        let isWritten = try RotationFiles(instance, site, material.keys).hold(isNew: true)
        let isMade = try remake.isMade(
            site.remake, labels: material.labels(isNew: true), values: material.values(isNew: true))
        if isWritten, isMade { return }
        told("the old value came back, perhaps out of a secret inside of Infisical: putting the new one in force again")
        if !isWritten { try edit(isNew: true) }
        if isMade, site.remake.project != nil { return }
        try remake.hold(site.remake)
        try make(isNew: true)
        try start()
    }

    /// Writes down what the end leaves to be done; once, however often a step is done again, or with more words before.
    private func leave(_ text: String) throws {
        if journal.history.open?.left.contains(where: { $0.hasPrefix(text) }) == true { return }
        try journal.add(.left(text))
    }

    private func conclude() throws {
        try keepRunning()
        try remake.release(material.site.remake)
        // An earlier process may have taken it.
        let isKept =
            try material.nextBackup != nil
            || RotationBackup(workplace).keptLabels().isSuperset(of: work.changes.compactMap(\.new))
        if work.route.migratesData, !isKept {
            try leave(
                "no backup keeps the new key yet: run infisical-ops backup; until then both keys stay in the repository, sealed"
            )
        }
        try safe.clear(keepsPublished: !isKept)
        // What earlier rotations left can stay until the next one.
        do { try RotationSafe.clearPast(workplace, journal) } catch {
            let fault: any Fault = .of(error)
            told("the keys of earlier rotations stay in the repository for now: \(fault.message)")
        }
    }

    private func concludeBack() throws {
        try keepRunning()
        try remake.release(material.site.remake)
        try safe.clear()
    }
}

extension RotationRoute {
    /// Whether the backend is stopped before anything changes.
    var stopsFirst: Bool { self == .encryptionKey }
}
