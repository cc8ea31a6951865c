package import Faults
package import Operations
import Repository

/// What `repair` did, or with `--dry-run` would do.
package struct RepairResult: CommandResult {
    package let schema = "infisical-ops/repair/1"
    /// Whether anything was changed.
    package let done: Bool
    /// Files, relative to the repository, that came from the other copy.
    package let fetched: [String]
    /// Damaged files that moved to `quarantine/`.
    package let quarantined: [String]
    /// Key and recovery files that were written again.
    package let resealed: [String]
    /// Temporary files that were removed.
    package let removed: [String]
    /// Sequence numbers of the backups that are recorded as gone.
    package let acknowledged: [Int]
    /// Ids of the backups that remain incomplete, in the order in which they were taken.
    package let incomplete: [String]
    /// What is wrong with the chain of backups and stays so, one clause each.
    package let unmendable: [String]
    /// One sentence without full stop each.
    package let warnings: [String]
    /// What to run about what is lost.
    package let hints: [String]
    package let exit: Int32

    package init(_ outcome: RepairOperation.Outcome, exit: ExitCode) {
        let plan = outcome.plan
        done = outcome.done
        fetched = plan.fetched
        quarantined = plan.quarantined
        resealed = plan.resealed
        removed = plan.removed
        acknowledged = plan.acknowledged.map(\.sequence)
        incomplete = plan.incompleteInOrder.map(\.id.text)
        unmendable = plan.unmendable
        warnings = [outcome.shallow].compactMap(\.self)
        hints =
            !plan.incomplete.isEmpty
            ? Advice.forIncomplete : plan.acknowledged.isEmpty ? [] : [Advice.fromCopy]
        self.exit = exit.rawValue
    }
}
