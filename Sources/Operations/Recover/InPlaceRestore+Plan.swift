import Effects
import Faults
import InPlace
import Instance
import InstanceAccess
import Postgres
import Repository
import Settings

/// What a restore in place, or its undo, would do; and all that stands in the way, before anything is made.
extension InPlaceRestore {
    /// What the look at the instance gave beside it.
    private var notes: [String] {
        [workplace.instance.authorityNote, workplace.instance.uncheckableBackend].compactMap(\.self)
    }

    /// Checks everything that can be checked before something is made, and names all that stands in the way.
    package func plan() throws -> Plan {
        var refusals = Refusals()
        try refusals.check { try InstanceControl(workplace.instance, patience: 0).require() }
        try refusals.check { try requireBackend() }
        // Whether a Redis that is kept answers is asked at the end; what that takes of the backend's files is read while
        // nothing is changed.
        try refusals.check { try InstanceRedis.require(workplace.instance, isKept: options.keepsRedis) }
        try refusals.check {
            if recreates, let container = workplace.instance.containers?[.backend] {
                _ = try Recreation(container, workplace.instance)
            }
        }
        let connection = try refusals.required { try beside() }
        defer { connection.close() }
        try refusals.check { try requireRights(connection) }
        try refusals.check { try requireNoPrepared(connection) }
        try refusals.check { try requireReach(of: live, connection) }
        let ties = try refusals.required { try DatabaseTies.read(live, connection) }
        guard options.undoes else { return try restorePlan(connection, ties, &refusals) }
        let plan = try refusals.required { try undoPlan(connection, ties) }
        try refusals.end()
        return plan
    }

    private func restorePlan(_ connection: Connection, _ ties: DatabaseTies, _ refusals: inout Refusals) throws -> Plan
    {
        let stamp = workplace.surroundings.clock.now().compact
        var inner = RestoreOperation.Options(database: try freeName("restored", stamp, connection))
        inner.id = options.id
        (inner.noOwner, inner.isStrict) = (options.noOwner, options.isStrict)
        inner.properties = try DatabaseProperties.read(live, connection)
        (inner.createRoles, inner.jobs) = (options.createRoles, options.jobs)
        inner.identityFile = options.identityFile
        let operation = RestoreOperation(workplace, inner), plan = try refusals.required { try operation.plan() }
        let exchanges = try refusals.check { try self.exchanges(plan.backup) } ?? false
        let broken = exchanges ? [] : try refusals.check { try requireKey(plan) } ?? []
        try refusals.check { if plan.backup.manifest.infisical == nil { throw InPlaceFault.notInfisical } }
        try refusals.check { try requireWholeLatest(plan) }
        try refusals.check { try requireRoom(plan) }
        let server = try refusals.required { try compareMigrations(plan.backup) }
        // Which key is needed is no question before that one.
        if let other = server.other, !refusals.isEmpty { try refusals.check { throw other } }
        try refusals.end()
        let work = try work(connection, backup: plan.backup.id.text, copy: inner.database, stamp)
        let isOpen = { (text: String) in !exchanges || text != plan.keyWarning }
        var warnings = plan.warnings.filter(isOpen) + plan.remarks + broken + server.warnings + ties.remains + notes
        if plan.backup.manifest.databases.count > 1 {
            warnings.append("the database for audit logs is left as it is; only the main one is restored in place")
        }
        return Plan(
            backup: plan.backup,
            steps: [
                "Put \(plan.backup.id.text) (\(plan.backup.manifest.started)) in the place of the database \"\(live)\""
                    + " on \(plan.server)",
                exchanges
                    ? "  restore it beside the live database, encrypt the copy with the key in force (the backup keeps its older one), and try that on it"
                    : "  restore it beside the live database and try the key in force on it",
            ] + swapSteps(work, ties) + server.steps, warnings: warnings, concerns: plan.concerns.filter(isOpen),
            broken: broken, work: work, replacesOther: server.other,
            uncheckable: workplace.instance.uncheckableBackend, restore: (operation, plan), exchanges: exchanges)
    }

    private func undoPlan(_ connection: Connection, _ ties: DatabaseTies) throws -> Plan {
        let history = try InPlaceJournal.history(workplace.instance)
        let last = history.lastExchange(of: live, on: try server(connection))
        let list = try DatabaseConnections(workplace.instance).endpoint(.main).listing
        guard let last, let kept = last.kept else { throw InPlaceFault.nothingToUndo(database: live, nil, list: list) }
        // Its number stays with a database through every renaming, so one that only has the name is another.
        guard try DatabaseSwap.oid(of: kept.name, connection) == kept.oid else {
            throw InPlaceFault.nothingToUndo(database: live, kept.name, list: list)
        }
        if let fault = try KeptDatabase.otherKey(kept.name, workplace.instance) { throw fault }
        let reversal = last.reversal, stamp = workplace.surroundings.clock.now().compact
        let work = try work(connection, backup: nil, copy: kept.name, stamp, reversal)
        let what = "the restore\(reversal.backup.map { " of \($0)" } ?? ""): put the database \"\(kept.name)\" back"
        return Plan(
            backup: nil,
            steps: [
                reversal.isRedo
                    ? "Redo \(what) in the place of \"\(live)\", because the last restore was already undone"
                    : "Undo \(what) in the place of \"\(live)\""
            ] + swapSteps(work, ties),
            warnings: ties.remains + notes, concerns: [], broken: [], work: work, replacesOther: nil,
            uncheckable: workplace.instance.uncheckableBackend, restore: nil, exchanges: false)
    }

    private func swapSteps(_ work: InPlaceWork, _ ties: DatabaseTies) -> [String] {
        let rename =
            work.replaced == nil
            ? "  rename \"\(work.copy)\" to \"\(live)\", which is missing now"
            : "  rename \"\(live)\" to \"\(work.kept)\", and the other to \"\(live)\""
        return ["  stop the backend; nobody can use Infisical from then on"]
            + ties.interrupted.map { "  end the sessions that are left: \($0)" } + [rename]
            + (work.emptiesRedis
                ? [
                    "  empty Redis, which still has the state that is replaced; the server then catches up on missed jobs "
                        + "(rotations, syncs) within a minute"
                ] : []) + [
                recreates
                    ? "  recreate the backend's container with the key in the env file, and wait until everything works, \(limit)"
                    : "  start the backend and wait until everything works, \(limit)"
            ]
    }

    private var limit: String {
        "at most \(options.timeout.components.seconds) s; the swap is not undone by itself"
    }

    private func work(
        _ connection: Connection, backup: String?, copy: String, _ stamp: String,
        _ reversal: InPlaceWork.Reversal? = nil
    ) throws -> InPlaceWork {
        let container = workplace.instance.containers?[.backend]
        let oid = try DatabaseSwap.oid(of: live, connection)
        return InPlaceWork(
            server: try server(connection), backup: backup, live: live,
            replaced: oid.map { DatabaseIdentity(name: live, oid: $0) }, copy: copy,
            // By an undo the restored copy is what is kept.
            kept: try freeName(reversal?.isRedo == false ? "undone" : "before", stamp, connection),
            backend: container.map { .init(name: $0.name, restartPolicy: $0.restartPolicy) },
            emptiesRedis: !options.keepsRedis, reversal: reversal)
    }

    func server(_ connection: Connection) throws -> DatabaseServer {
        DatabaseServer(
            identifier: try ServerFacts.identifier(connection),
            address: try DatabaseConnections(workplace.instance).endpoint(.main).server)
    }

    func beside() throws -> Connection {
        do { return try DatabaseConnections(workplace.instance).openBeside("in-place") } catch {
            throw UnreachableInstance.of(error)
        }
    }

    /// A container that still runs on another key than the env file has could not open what is put under it.
    private var recreates: Bool { KeysInForce(workplace.instance).finding != nil }

    /// A name that no database of the server has: two runs may begin in the same second.
    private func freeName(_ word: String, _ stamp: String, _ connection: Connection) throws -> String {
        let name = KeptDatabase.start(word, of: live) + stamp
        var candidate = name, number = 1
        while try TargetDatabase.exists(candidate, connection) {
            number += 1
            candidate = "\(name)_\(number)"
        }
        return candidate
    }
}
