import DurableFiles
import InstanceAccess
package import Repository
import Settings

/// Finds damage and moves it out of the way.
package struct RepairOperation {
    package struct Options: Sendable {
        /// Root of another copy of the repository to take whole files from.
        package var from: String?
        package var identityFile: String?
        package init() {}
    }

    package struct Outcome: Sendable {
        package var plan: RepairPlan
        /// Whether it was carried out.
        package var done: Bool
        /// Why nothing was decrypted, so that content that is wrong was not found; nil where all was looked at.
        package var shallow: String?
    }

    private let workplace: Workplace
    private let options: Options

    package init(_ workplace: Workplace, _ options: Options) {
        self.workplace = workplace
        self.options = options
    }

    private var other: String? { options.from.map { workplace.surroundings.files.normalised($0) } }

    /// An identity that is not at hand makes the look less deep, unless it was asked for.
    private func identities(_ repository: Repository) throws -> (Workplace.Identities?, shallow: String?) {
        // Where that is what the configuration asks for, it is no warning.
        if workplace.identityPath(repository, override: options.identityFile) == nil { return (nil, nil) }
        do { return (try workplace.requireIdentities(repository, override: options.identityFile), nil) } catch let fault
            as RepositoryFault
        {
            switch fault {
            case .identitySealed, .identityMissing:
                if options.identityFile == nil { return (nil, "\(fault.message), so nothing was decrypted") }
                throw fault
            default: throw fault
            }
        }
    }

    /// Looks at everything, beside backups; shows the plan, and carries it out alone if `confirm` says so.
    ///
    /// - Throws: `RepositoryFault.changedMeanwhile` when another plan would be needed by then.
    package func perform(
        progress: Verification.Progress, confirm: (RepairPlan) throws -> Bool
    ) throws -> Outcome {
        if let other, try workplace.surroundings.files.status(other + "/repository.json") == nil {
            throw RepositoryFault.notARepository(path: other)
        }
        let rescue = try rescue(confirm: confirm)
        if let rescue, !rescue.done { return rescue }
        // With the identity also what decrypts to the wrong content is found.
        let (identities, shallow) = try identities(try workplace.repository())
        let found = try locked(.shared) { repository in try look(repository, identities, progress: progress) }
        var plan = found.plan
        let agreed = try !plan.isEmpty && confirm(plan)
        if agreed {
            plan = try locked(.exclusive) { repository in
                // A backup may have written anew what was damaged, and temporary files may have been in use.
                let now = try look(
                    repository, identities, only: found.subjects, progress: progress)
                guard let rest = plan.rest(of: now.plan) else { throw RepositoryFault.changedMeanwhile }
                try now.repair.perform(rest, clock: workplace.surroundings.clock)
                return rest
            }
        }
        guard var whole = rescue?.plan else { return Outcome(plan: plan, done: agreed, shallow: shallow) }
        if agreed || plan.isEmpty { whole.add(plan) }
        return Outcome(plan: whole, done: true, shallow: shallow)
    }

    private func locked<Value>(_ mode: FileLock.Mode, _ body: (Repository) throws -> Value) throws -> Value {
        let lock = try workplace.lockRepository(try workplace.repository(), mode, for: "repair")
        // Opened again under the lock: the keys may have changed just before.
        let value = try body(try workplace.repository())
        lock.release()
        return value
    }

    /// - Parameter only: the chunks to look at, as paths relative to the repository; nil for all.
    private func look(
        _ repository: Repository, _ identities: Workplace.Identities?, only: Set<String>? = nil,
        progress: Verification.Progress
    ) throws -> (repair: Repair, plan: RepairPlan, subjects: Set<String>) {
        let inventory = try Inventory(repository)
        let verification = Verification(
            repository: repository, inventory: inventory, cancellation: workplace.surroundings.cancellation)
        let around = RepositoryFilesCheck(repository: repository, inventory: inventory)
        let depth: Verification.Depth =
            if let identities {
                .readable(try workplace.readingKeys(repository, for: inventory.entries, identities))
            } else { .stored }
        let findings =
            try inventory.findings
            + verification.chunks(
                of: inventory.entries, depth: depth, only: only, threads: workplace.configuration.jobs,
                progress: progress)
            + around.escrow(of: inventory.entries) + around.keyFiles() + around.strangers()
        var repair = Repair(repository: repository, inventory: inventory, other: other)
        let plan = try repair.plan(findings: findings)
        return (repair, plan, Set(findings.map(\.subject)))
    }

    /// Brings back what the repository stands on, if it cannot be opened without.
    ///
    /// - Returns: nil if there was no need.
    /// - Throws: why the repository cannot be opened, if neither it nor the other copy helps.
    private func rescue(confirm: (RepairPlan) throws -> Bool) throws -> Outcome? {
        let fault: RepositoryFault
        do {
            _ = try workplace.repository()
            return nil
        } catch let found as RepositoryFault { fault = found }
        if case .newerFormat = fault { throw fault }
        let configuration = workplace.configuration, path = try configuration.requiredRepository()
        guard
            let rescue = try RepositoryRescue.from(
                fault, path: path, other: other, stateFolder: configuration.stateFolder, pinned: configuration.signer,
                files: workplace.surroundings.files)
        else { throw fault.isOfDescription && other == nil ? .undescribed : fault }
        guard try confirm(rescue.plan) else { return Outcome(plan: rescue.plan, done: false) }
        let lock = try workplace.lockRepository(at: RepositoryLayout(root: path), .exclusive, for: "repair")
        try rescue.perform()
        lock.release()
        return Outcome(plan: rescue.plan, done: true)
    }
}
