import DurableFiles
import Effects
package import Faults
package import InPlace
package import InstanceAccess
package import InstanceHealth
import Postgres
package import Repository
package import Restoring
import Settings

/// Puts a backup in the place of the live database: restored beside it, checked, exchanged in one transaction. The
/// database that was there stays under a dated name, and can be put back.
package struct InPlaceRestore {
    package struct Options: Sendable {
        package var id = "latest"
        package var noOwner = false
        package var isStrict = false
        package var createRoles = false
        package var jobs: Int?
        package var identityFile: String?
        package var keepsRedis = false
        /// Puts back the database that the last restore replaced.
        package var undoes = false
        /// How long the instance may take until it works again.
        package var timeout: Duration = .seconds(120)
        /// Seconds that the backend may take to stop.
        package var stopPatience = 30
        /// Encrypts a copy with the key in force whose backup needs another one that it keeps; nil refuses such a backup.
        package var exchange: (any CopyExchanging)?
        package init() {}
    }

    package struct Plan {
        /// Nil for an undo.
        package let backup: InventoryEntry?
        package let steps: [String]
        package let warnings: [String]
        /// Those that are about what the backup holds: said again when it is in place.
        package let concerns: [String]
        /// Those that the look at the copy says again, with more of it.
        let broken: [String]
        let work: InPlaceWork
        /// That the database of another instance would be replaced, which nobody agrees to beforehand without saying so.
        package let replacesOther: InPlaceFault?
        /// Why nobody can say afterwards that the backend works; nil where it can be asked.
        package let uncheckable: String?
        /// What it ends with if everything works on what is then in place.
        package var exit: ExitCode { uncheckable != nil ? .unhealthy : warnings.isEmpty ? .done : .partial }
        let restore: (operation: RestoreOperation, plan: RestoreOperation.Plan)?
        let exchanges: Bool
    }

    package struct Report {
        package let outcome: InPlaceOutcome
        /// The backup that was restored, or whose restore was undone or redone; nil where an earlier version restored it.
        package let backup: String?
        /// The database that was there is called so now; nil where there was none.
        package let kept: String?
        package let database: String
        package let rows: Int?
        package let health: HealthReport
        package let warnings: [String]
        /// What the copy lacks, none of it Infisical's; empty where a run that was killed is finished.
        package let losses: [ObjectLoss]
        /// Whether what is kept is a template, which cannot be dropped as such.
        let keepsTemplate: Bool
        /// Whether Redis was left as it is.
        package let keepsRedis: Bool

        /// The same by hand, from a session with `template1` while the backend is stopped; empty where nothing was kept.
        package var undoStatements: [String] {
            guard let kept else { return [] }
            let quoted = { (name: String) in Quoting.identifier(name) }
            return [
                "ALTER DATABASE \(quoted(database)) RENAME TO \(quoted(database + "_undone"));",
                "ALTER DATABASE \(quoted(kept)) RENAME TO \(quoted(database));",
                "ALTER DATABASE \(quoted(database)) WITH ALLOW_CONNECTIONS true;",
            ]
        }

        /// Removes what was kept; nil where nothing was.
        package var dropStatement: String? {
            kept.map(Quoting.identifier).map { name in
                (keepsTemplate ? "ALTER DATABASE \(name) IS_TEMPLATE false; " : "") + "DROP DATABASE \(name);"
            }
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
    let options: Options

    package init(_ workplace: Workplace, _ options: Options) {
        self.workplace = workplace
        self.options = options
    }

    var live: String { workplace.configuration.database.name }

    // MARK: - After a kill

    /// The run that was killed in the middle: what to say of it, and what it was about.
    package func unfinished() throws -> (text: String, work: InPlaceWork)? {
        guard let text = try InPlaceJournal.unfinishedText(workplace.instance) else { return nil }
        return try InPlaceJournal.history(workplace.instance).open.map { (text, $0.work) }
    }

    /// Finishes or undoes what a killed run left.
    package func recover(told: @escaping (String) -> Void) throws -> Recovery {
        let lock = try workplace.lockInstance(for: "restore --in-place")
        let journal = try InPlaceJournal(workplace.instance)
        // Another run may have recovered while this one waited for the lock.
        guard let open = journal.history.open else { return .undone }
        let connection = try beside()
        let server = try server(connection)
        connection.close()
        guard open.work.live == live, open.work.server.isSame(as: server) else {
            throw InPlaceFault.otherInstance(
                database: open.work.live, path: InPlaceJournal.path(workplace.instance))
        }
        let isExchanged = try run(open, journal, told: told) { try $0.resume() }
        let report = try isExchanged ? report(open.work, rows: nil, warnings: [], told: told) : nil
        lock.release()
        return report.map { .finished($0) } ?? .undone
    }

    // MARK: - Perform

    package func perform(
        _ plan: Plan, progress: BackupProgress, told: @escaping (String) -> Void
    ) throws -> Report {
        let lock = try workplace.lockInstance(for: "restore --in-place")
        let journal = try InPlaceJournal(workplace.instance)
        // What another run has begun meanwhile is not this one's to forget.
        if let open = journal.history.open {
            throw InPlaceFault.halted("another run was stopped meanwhile", command: open.work.command)
        }
        let open = try journal.begin(plan.work)
        var warnings = plan.warnings.filter { !plan.broken.contains($0) }, rows: Int?, losses: [ObjectLoss] = []
        try run(
            open, journal, told: told,
            makeCopy: {
                guard let (operation, inner) = plan.restore else { return }
                let restored = try operation.perform(inner, progress: progress)
                (rows, losses) = (restored.rows, restored.losses)
                if !restored.lost.isEmpty { throw RestoringFault.lacksOwn(restored.lost.map(\.text)) }
                if plan.exchanges, let exchange = options.exchange {
                    told("encrypting the copy with the key in force")
                    warnings += try exchange.perform(on: plan.work.copy, inner.backup)
                }
                warnings += try requireOpening(plan.work.copy)
            }
        ) { try $0.begin() }
        let report = try report(plan.work, rows: rows, warnings: warnings, losses: losses, told: told)
        lock.release()
        return report
    }

    private func actions(
        _ workplace: Workplace, _ work: InPlaceWork, _ told: @escaping (String) -> Void,
        _ makeCopy: (() throws -> Void)? = nil
    ) -> InPlaceActions {
        InPlaceActions(
            workplace.instance, work, stopPatience: options.stopPatience, told: told, makeCopy: makeCopy,
            noteExchange: { note(work, workplace, told) })
    }

    /// Says to the next backup what is in place of the database now, so that it does not call that a loss.
    private func note(_ work: InPlaceWork, _ workplace: Workplace, _ told: (String) -> Void) {
        // Each run has a name of its own for what it keeps.
        let restored = work.backup.flatMap { BackupID($0) }.map { Manifest.OwnChange.restored($0, run: work.kept) }
        do {
            try workplace.repository().host.note(restored ?? .undone(run: work.kept))
        } catch {
            // Nothing of the restore depends on it, and an undo must be possible without the repository.
            let fault: any Fault = .of(error)
            told("the next backup may be reported as shrunk; this restore could not be recorded: \(fault.message)")
        }
    }

    private func run<Value>(
        _ open: InPlaceHistory.OpenWork, _ journal: InPlaceJournal, told: @escaping (String) -> Void,
        makeCopy: (() throws -> Void)? = nil, _ body: (inout InPlaceRun) throws -> Value
    ) throws -> Value {
        var run = InPlaceRun(
            open, journal, actions(workplace, open.work, told, makeCopy),
            uncancelled: actions(workplace.uncancelled(), open.work, told), keepsRedis: options.keepsRedis)
        return try body(&run)
    }

    private func isTemplate(_ name: String) -> Bool {
        do {
            let connection = try beside()
            defer { connection.close() }
            return try DatabaseProperties.read(name, connection)?.isTemplate == true
        } catch {
            // The look at the whole instance says that the server does not answer.
            return false
        }
    }

    /// What is to be said once the databases are exchanged: whether everything works on the new one.
    private func report(
        _ work: InPlaceWork, rows: Int?, warnings: [String], losses: [ObjectLoss] = [], told: @escaping (String) -> Void
    ) throws -> Report {
        told("waiting until everything works, at most \(options.timeout.components.seconds) s")
        let surroundings = workplace.surroundings
        // A run that is resumed may not say it, and one that was planned with it keeps to it.
        let keepsRedis = options.keepsRedis || !work.emptiesRedis
        let health: HealthReport
        do {
            health = try HealthWait(
                surroundings.cancellation, effects: surroundings.effects, patience: options.timeout
            ).untilHealthy { try HealthOperation(try workplace.refreshed()).perform() }
        } catch {
            guard let interruption = (error as? any Fault)?.interruption else { throw error }
            throw InterruptedRun(
                interruption, state: InPlaceStanding(work, .exchanged, stopsBackend: true).text,
                hints: [
                    .command(["infisical-ops", "health"]),
                    .command(
                        ["infisical-ops", "restore", "--in-place", "--undo"] + (keepsRedis ? ["--keep-redis"] : [])),
                ])
        }
        return Report(
            outcome: work.outcome, backup: work.backup ?? work.reversal?.backup, kept: work.keeps?.name,
            database: work.live, rows: rows, health: health,
            warnings: warnings.filter { $0 != workplace.instance.uncheckableBackend } + health.unchecked,
            losses: losses, keepsTemplate: isTemplate(work.kept),
            keepsRedis: keepsRedis)
    }
}
