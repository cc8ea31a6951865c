import DurableFiles
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

    private let workplace: Workplace
    private let options: Options

    package init(_ workplace: Workplace, _ options: Options) {
        self.workplace = workplace
        self.options = options
    }

    /// An identity that is not at hand makes the look less deep, unless it was asked for.
    private func identities(_ repository: Repository) throws -> Workplace.Identities? {
        do { return try workplace.identities(repository, override: options.identityFile) } catch {
            switch error {
            case RepositoryFault.identitySealed, RepositoryFault.identityMissing:
                if options.identityFile == nil { return nil }
                throw error
            default: throw error
            }
        }
    }

    /// Looks at everything, shows the plan, and carries it out if `confirm` says so.
    ///
    /// - Returns: the plan, and whether it was carried out.
    package func perform(
        progress: Verification.Progress, confirm: (RepairPlan) throws -> Bool
    ) throws -> (plan: RepairPlan, done: Bool) {
        let lock = try workplace.lockRepository(try workplace.repository(), .exclusive, for: "repair")
        // Opened again under the lock: the keys may have changed just before.
        let repository = try workplace.repository()
        let inventory = try Inventory(repository)
        let verification = Verification(
            repository: repository, inventory: inventory, cancellation: workplace.surroundings.cancellation)
        let around = SurroundingsCheck(repository: repository, inventory: inventory)
        let identities = try identities(repository)
        // With the identity also what decrypts to the wrong content is found.
        let depth: Verification.Depth =
            if let identities {
                .readable(try workplace.readingKeys(repository, for: inventory.entries, identities))
            } else { .stored }
        let findings =
            try inventory.findings
            + verification.chunks(
                of: inventory.entries, depth: depth, threads: workplace.configuration.jobs, progress: progress)
            + around.escrow(of: inventory.entries) + around.keyFiles() + around.strangers()
        var repair = Repair(repository: repository, inventory: inventory, other: options.from)
        let plan = try repair.plan(findings: findings)
        let agreed = try !plan.isEmpty && confirm(plan)
        if agreed { try repair.perform(plan, clock: workplace.surroundings.clock) }
        try lock.release()
        return (plan, agreed)
    }
}
