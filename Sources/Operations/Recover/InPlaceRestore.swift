import DurableFiles
import Effects
import Faults
import Instance
import InstanceAccess
import Postgres
package import Repository
import Settings

/// Puts a backup in the place of the live database: restored beside it, checked, exchanged in one transaction. The
/// database that was there stays under a dated name, and can be put back.
package struct InPlaceRestore {
    package struct Options: Sendable {
        package var id = "latest"
        package var noOwner = false
        package var createRoles = false
        package var jobs: Int?
        package var identityFile: String?
        package var keepsRedis = false
        /// Puts back the database that the last restore replaced.
        package var undoes = false
        /// How long the instance may take until it works again.
        package var timeout: Duration = .seconds(120)
        package init() {}
    }

    package struct Plan {
        /// Nil for an undo.
        package let backup: InventoryEntry?
        package let steps: [String]
        package let warnings: [String]
        fileprivate let journal: InPlaceJournal
        fileprivate let restore: (operation: RestoreOperation, plan: RestoreOperation.Plan)?
        fileprivate let recreates: Bool
    }

    package struct Report {
        /// Nil for an undo.
        package let backup: String?
        /// The database that was there is called so now.
        package let kept: String
        package let database: String
        package let rows: Int?
        package let health: HealthReport
        package let warnings: [String]

        /// The same by hand, from a session with `template1` while the backend is stopped.
        package var undoStatements: [String] {
            let quoted = { (name: String) in Quoting.identifier(name) }
            return [
                "ALTER DATABASE \(quoted(database)) RENAME TO \(quoted(database + "_undone"));",
                "ALTER DATABASE \(quoted(kept)) RENAME TO \(quoted(database));",
                "ALTER DATABASE \(quoted(database)) WITH ALLOW_CONNECTIONS true;",
            ]
        }
    }

    /// What became of a run that was killed.
    package enum Recovery {
        /// It had changed nothing but made a copy, which is gone.
        case undone
        /// The databases are exchanged and the backend is started.
        case finished(Report)
    }

    let workplace: Workplace
    private let options: Options

    package init(_ workplace: Workplace, _ options: Options) {
        self.workplace = workplace
        self.options = options
    }

    private var live: String { workplace.configuration.database.name }

    // MARK: - After a kill

    /// Whether a run was killed in the middle.
    package func isUnfinished() throws -> Bool { try InPlaceJournalFile(workplace).read() != nil }

    /// Finishes or undoes what a killed run left.
    package func recover(told: @escaping (String) -> Void) throws -> Recovery {
        let lock = try workplace.lockInstance(for: "restore --in-place")
        let file = InPlaceJournalFile(workplace)
        // Another run may have recovered while this one waited for the lock.
        guard let journal = try file.read() else { return .undone }
        let connection = try workplace.openBesideLive()
        let server = try ServerFacts.identifier(connection)
        connection.close()
        if journal.live != live || (journal.server != nil && server != nil && journal.server != server) {
            throw InPlaceFault.otherInstance(database: journal.live, path: file.path)
        }
        var swap = InPlaceSwap(workplace, journal, recreates: recreates(), told: told)
        try swap.resume()
        let report = journal.phase == .copying ? nil : try report(journal, rows: nil, warnings: [], told: told)
        try lock.release()
        return report.map { .finished($0) } ?? .undone
    }

    /// A container that still runs on another key than the env file has could not open what is put under it.
    private func recreates() -> Bool {
        KeysInForce(workplace.instance).finding != nil
    }

    // MARK: - Plan

    /// Checks everything that can be checked before something is made.
    package func plan() throws -> Plan {
        try InstanceControl(workplace.instance, patience: 0).require()
        if let found = workplace.instance.containers, found[.backend] == nil {
            throw InstanceFault.missing(
                role: "backend", names: [workplace.configuration.containerNames?[.backend]].compactMap { $0 })
        }
        if !options.keepsRedis { try requireRedis() }
        let connection = try workplace.openBesideLive()
        defer { connection.close() }
        let user = workplace.configuration.database.user
        if try DatabaseSwap.mayRename(live, connection) == false {
            throw InPlaceFault.mayNotRename(database: live, user: user)
        }
        let prepared = try DatabaseSwap.preparedTransactions(in: live, connection)
        if prepared > 0 { throw InPlaceFault.preparedTransactions(database: live, count: prepared) }
        let recreates = recreates()
        if recreates, let container = workplace.instance.containers?[.backend] {
            _ = try Recreation(container, workplace.instance)
        }
        return options.undoes ? try undoPlan(connection, recreates) : try restorePlan(connection, recreates)
    }

    private func restorePlan(_ connection: Connection, _ recreates: Bool) throws -> Plan {
        let stamp = workplace.surroundings.clock.now().compact
        var inner = RestoreOperation.Options(database: name("restored", stamp))
        inner.id = options.id
        inner.noOwner = options.noOwner
        inner.createRoles = options.createRoles
        inner.jobs = options.jobs
        inner.identityFile = options.identityFile
        let operation = RestoreOperation(workplace, inner), plan = try operation.plan()
        try requireKey(plan.backup)
        try requireRoom(plan)
        let journal = try journal(
            connection, backup: plan.backup.id.text, copy: inner.database, kept: name("before", stamp), phase: .copying)
        var warnings = plan.warnings
        if plan.backup.manifest.databases.count > 1 {
            warnings.append("the database for audit logs is left as it is; only the main one is restored in place")
        }
        return Plan(
            backup: plan.backup,
            steps: [
                "Put \(plan.backup.id.text) (\(plan.backup.manifest.finished)) in the place of the database \"\(live)\""
                    + " on \(plan.server)",
                "  restore it beside the live database and try the key in force on it",
            ] + swapSteps(journal, recreates), warnings: warnings, journal: journal, restore: (operation, plan),
            recreates: recreates)
    }

    private func undoPlan(_ connection: Connection, _ recreates: Bool) throws -> Plan {
        let stamp = workplace.surroundings.clock.now().compact
        guard let copy = try DatabaseSwap.closed(beginning: start("before"), connection).first else {
            throw InPlaceFault.nothingToUndo(database: live)
        }
        let journal = try journal(
            connection, backup: nil, copy: copy, kept: name("before", stamp), phase: .stopping)
        return Plan(
            backup: nil,
            steps: ["Put the database \"\(copy)\" back in the place of \"\(live)\""]
                + swapSteps(journal, recreates), warnings: [], journal: journal, restore: nil, recreates: recreates)
    }

    private func swapSteps(_ journal: InPlaceJournal, _ recreates: Bool) -> [String] {
        [
            "  stop the backend; nobody can use Infisical from then on",
            "  rename \"\(live)\" to \"\(journal.kept)\", and the other to \"\(live)\"",
        ] + (journal.flushesRedis ? ["  empty Redis, which remembers the state that is replaced"] : []) + [
            recreates
                ? "  make the backend's container again with the key in the env file, and wait until all works"
                : "  start the backend and wait until all works"
        ]
    }

    private func journal(
        _ connection: Connection, backup: String?, copy: String, kept: String, phase: InPlaceJournal.Phase
    ) throws -> InPlaceJournal {
        let container = workplace.instance.containers?[.backend]
        return InPlaceJournal(
            phase: phase, server: try ServerFacts.identifier(connection), backup: backup, live: live, copy: copy,
            kept: kept,
            backend: container.map { .init(name: $0.name, restartPolicy: $0.restartPolicy) },
            flushesRedis: !options.keepsRedis)
    }

    /// PostgreSQL cuts names off at 63 bytes.
    private func start(_ word: String) -> String {
        var start = ""
        for character in live where start.utf8.count + String(character).utf8.count <= 36 { start.append(character) }
        return "\(start)_\(word)_"
    }

    private func name(_ word: String, _ stamp: String) -> String { start(word) + stamp }

    // MARK: - Perform

    package func perform(
        _ plan: Plan, progress: BackupProgress, told: @escaping (String) -> Void
    ) throws -> Report {
        let lock = try workplace.lockInstance(for: "restore --in-place")
        let file = InPlaceJournalFile(workplace)
        try file.write(plan.journal)
        var warnings = plan.warnings, rows: Int?
        if let (operation, inner) = plan.restore {
            do {
                rows = try operation.perform(inner, progress: progress).rows
                warnings += try requireOpening(plan.journal.copy)
            } catch {
                let undone = workplace.uncancelled()
                var cleanup: [any Fault] = []
                do {
                    try InPlaceSwap(undone, plan.journal, recreates: false, told: told).discard()
                } catch let fault { cleanup = [.of(fault)] }
                throw Failure(.of(error), context: ["restore in place"], cleanup: cleanup)
            }
        }
        var swap = InPlaceSwap(workplace, plan.journal, recreates: plan.recreates, told: told)
        try swap.perform()
        let report = try report(plan.journal, rows: rows, warnings: warnings, told: told)
        try lock.release()
        return report
    }

    /// What is to be said once the databases are exchanged: whether everything works on the new one.
    private func report(
        _ journal: InPlaceJournal, rows: Int?, warnings: [String], told: @escaping (String) -> Void
    ) throws -> Report {
        told("waiting until everything works")
        let surroundings = workplace.surroundings
        let health = try HealthWait(
            surroundings.cancellation, effects: surroundings.effects, patience: options.timeout
        ).untilHealthy { try HealthOperation(try workplace.refreshed()).perform() }
        return Report(
            backup: journal.backup, kept: journal.kept, database: journal.live, rows: rows, health: health,
            warnings: warnings)
    }
}
