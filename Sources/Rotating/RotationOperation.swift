import DurableFiles
import Effects
package import Faults
import InPlace
import InfisicalStore
import InstanceAccess
package import Operations
import Postgres
import Rekeying
import Repository
package import Rotation

/// Carries a rotation out, goes on with one that was stopped, or takes it back.
package struct RotationOperation {
    /// How long things may take.
    package struct Options: Sendable {
        /// Until the instance works again.
        package var timeout: Duration = .seconds(120)
        package init() {}
    }

    package struct Report: Sendable {
        package let work: RotationWork
        /// False where everything is as it was.
        package let isRotated: Bool
        /// Values that were encrypted anew; nil where another process did it, or nothing is encrypted.
        package let rewritten: Int?
        /// Those of them that were written under the old key after the new start.
        package let swept: Int
        /// Proven backups with the old value, and with the new one; nil without.
        package let backupBefore: String?
        package let backupAfter: String?
        /// Seconds from stopping the backend until everything worked again; nil for a run that went on where another stopped.
        package let downtime: Double?
        /// What is left to be done, one sentence without full stop each.
        package let left: [String]

        package var exit: ExitCode { left.isEmpty ? .done : .partial }
    }

    /// How the keys of a rotation are had whose journal was lost.
    package struct Rescue: Sendable {
        let identityFile: String?
        package init(identityFile: String?) { self.identityFile = identityFile }
    }

    private let workplace: Workplace
    private let options: Options

    package init(_ workplace: Workplace, _ options: Options = Options()) {
        self.workplace = workplace
        self.options = options
    }

    private var instance: InstanceAccess { workplace.instance }

    // MARK: - Forward

    /// - Parameter told: gets a sentence before each step.
    /// - Throws: what made it fail, with everything as it was; `RotationFault.halted` where another run must go on.
    package func perform(
        _ plan: RotationPlan, progress: BackupProgress, told: @escaping (String) -> Void
    ) throws -> Report {
        let lock = try workplace.lockInstance(for: "rotate")
        // Once more under the lock.
        try RotationGround.requireNothingUnfinished(instance)
        if let stored = plan.material.site.stored, !stored.isEmpty {
            told("writing the secrets inside of Infisical that will be exchanged once more as they are")
            try StoredCopyExchange(stored, plan.material.keys.changed, instance).rehearse()
        }
        let journal = try RotationJournal(instance)
        let open: RotationHistory.OpenWork
        do {
            open = try journal.begin(plan.work, [.prepared(try plan.material.site.text())])
        } catch {
            try forget(plan.work)
            throw error
        }
        var run = run(open, journal, plan.material, progress, told)
        try run.begin()
        let report = report(plan.work, isRotated: true, goesOn: false, journal, plan.material, run.faults)
        lock.release()
        return report
    }

    /// Ends what could not be begun: nothing was done, whatever of it came to the disk.
    private func forget(_ work: RotationWork) throws {
        do {
            let journal = try RotationJournal(instance)
            if journal.history.open != nil { try journal.add(.entered(.undone)) }
        } catch {
            let fault: any Fault = .of(error)
            throw RotationFault.halted(
                fault.message, title: work.title, RotationStanding(work, .securing))
        }
    }

    // MARK: - After a stop

    /// The rotation that is open; nil without one.
    package func open() throws -> RotationHistory.OpenWork? { try RotationJournal.history(instance).open }

    /// Puts away what earlier rotations had to leave; for when none is open.
    ///
    /// - Returns: whether there was any.
    package func clearPast() throws -> Bool {
        let lock = try workplace.lockInstance(for: "rotate")
        let isCleared = try RotationSafe.clearPast(workplace, try RotationJournal(instance))
        lock.release()
        return isCleared
    }

    /// Finishes what was stopped, in the direction that is possible.
    ///
    /// - Parameters:
    ///   - back: whether everything is to be as it was.
    ///   - rescue: where the journal was lost: the identity that opens the keys in the repository, nil for the configured one.
    /// - Throws: `RotationRefusal.nothingOpen`, `.otherDatabase`; and as `perform`.
    package func resume(
        back: Bool, fromRepository rescue: Rescue? = nil, progress: BackupProgress, told: @escaping (String) -> Void
    ) throws -> Report {
        let lock = try workplace.lockInstance(for: "rotate", finishesRotation: true)
        let journal = try RotationJournal(instance)
        if let rescue, journal.history.open == nil {
            try RotationRescue(workplace, identityFile: rescue.identityFile).begin(journal)
        }
        guard let open = journal.history.open else { throw RotationRefusal.nothingOpen }
        let found: RotationMaterial?
        do {
            found = try material(of: open, rescue)
            try requireSame(open.work, found)
        } catch {
            // Whatever it is, the rotation is what needs somebody.
            let fault: any Fault = .of(error)
            throw RotationFault.halted(
                fault.message, title: open.work.title, RotationStanding(open.work, open.state))
        }
        guard let material = found else {
            // It was stopped before its keys were put away, and so before anything was changed, or after they were removed,
            // when all was done.
            let isRotated = open.state == .concluding
            try journal.add(.entered(isRotated ? .rotated : .undone))
            try RotationHostKey.remove(RotationSafe.hostKey(instance), files: workplace.surroundings.files)
            lock.release()
            if isRotated, back { throw RotationFault.committed(title: open.work.title) }
            return Report(
                work: open.work, isRotated: isRotated, rewritten: nil, swept: 0, backupBefore: open.backup,
                backupAfter: nil, downtime: nil, left: open.left)
        }
        var run = run(open, journal, material, progress, told)
        let outcome = try run.resume(back: back)
        let report = report(
            open.work, isRotated: outcome == .rotated, goesOn: true, journal, material, run.faults)
        lock.release()
        return report
    }

    /// Nil where no keys are needed any more, or were yet.
    private func material(of open: RotationHistory.OpenWork, _ rescue: Rescue?) throws -> RotationMaterial? {
        let isThere = try workplace.surroundings.files.status(RotationSafe.hostKey(instance)) != nil
        if !isThere, [.concluding, .concludingBack].contains(open.state) { return nil }
        guard let prepared = open.prepared, open.sealed != nil else { return nil }
        let rescued =
            isThere
            ? nil
            : try rescue.map {
                try RotationRescue(workplace, identityFile: $0.identityFile).keys(RotationID(open.work.id))
            }
        guard let keys = try rescued ?? RotationSafe.open(open, workplace) else { return nil }
        let site = try RotationSite(text: prepared, path: RotationJournal.path(instance))
        return RotationMaterial(keys, site, depth: open.work.depth)
    }

    /// The keys of another instance must never be tried on this one.
    ///
    /// - Parameter material: with the passwords that its server may take.
    private func requireSame(_ work: RotationWork, _ material: RotationMaterial?) throws {
        var instance = instance
        if let material, work.route == .databasePassword {
            let trying = RotationPassword.trying(workplace, work, material)
            try RotationPassword(trying, work, material).revive(trying, patience: options.timeout)
            instance = try trying.instance.refreshed()
        }
        let beside = try DatabaseConnections(instance).openBeside("rotate")
        defer { beside.close() }
        guard work.server.isSame(as: try .of(beside, instance)) else {
            throw RotationRefusal.otherDatabase("it is on the server \(work.server.address), and this one is another")
        }
        guard try DatabaseSwap.oid(of: work.database.name, beside) == work.database.oid else {
            throw RotationRefusal.otherDatabase("the database \"\(work.database.name)\" is another one")
        }
    }

    // MARK: - Parts

    private func run(
        _ open: RotationHistory.OpenWork, _ journal: RotationJournal, _ material: RotationMaterial,
        _ progress: BackupProgress, _ told: @escaping (String) -> Void
    ) -> RotationRun {
        let patience = RotationActions.Patience(start: options.timeout)
        let workplace = RotationPassword.trying(workplace, open.work, material)
        let actions = { (workplace: Workplace) in
            RotationActions(workplace, journal, open.work, material, patience, progress, told: told)
        }
        return RotationRun(
            open, journal, actions(workplace), uncancelled: actions(workplace.uncancelled(isStoppable: true)))
    }

    private func report(
        _ work: RotationWork, isRotated: Bool, goesOn: Bool, _ journal: RotationJournal,
        _ material: RotationMaterial, _ faults: [any Fault]
    ) -> Report {
        let ended = journal.history.ended
        var left = ended?.left ?? []
        left += material.leftBack.map { "\($0.text) opens with no key, and stayed as it is" }
        if isRotated {
            left += work.leaves.map { "\($0) opens with no key, and stayed as it is" } + faults.map(\.message)
        }
        // Whatever one that goes on stops may have been down for long.
        let downtime = goesOn ? nil : material.downtime
        return Report(
            work: work, isRotated: isRotated, rewritten: material.report?.rewritten, swept: material.swept,
            backupBefore: ended?.backup, backupAfter: material.nextBackup, downtime: downtime, left: left)
    }
}
