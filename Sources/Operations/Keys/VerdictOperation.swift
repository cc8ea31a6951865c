import DurableFiles
import Effects
import InstanceAccess
package import Repository

/// Accepts a shrunk backup, or rejects one that is not of this instance, or takes either back.
package struct VerdictOperation {
    package struct Plan: Sendable {
        package let entry: InventoryEntry
        package let assessment: Assessment
        /// Whether there is anything to write.
        package let isNeeded: Bool
        /// Whether another backup counts.
        package let leavesAnother: Bool
    }

    private let workplace: Workplace
    private let verdict: Acceptances.Verdict
    private let revokes: Bool

    package init(_ workplace: Workplace, _ verdict: Acceptances.Verdict, revokes: Bool = false) {
        self.workplace = workplace
        self.verdict = verdict
        self.revokes = revokes
    }

    /// - Throws: whatever keeps it from being written, as far as that can be seen beforehand.
    package func plan(_ id: String) throws -> Plan {
        let repository = try workplace.repository(), inventory = try Inventory(repository)
        let entry = try inventory.find(id, repository: repository.layout.root)
        let history = try BackupHistory(inventory, repository), assessment = history[entry.id]
        _ = try repository.writingSigner()
        try repository.files.requireWritable(repository.layout.accepted)
        let isSaid = verdict == .rejected ? assessment.isRejected : assessment.accepted != nil
        let canBeSaid = verdict == .rejected ? !isSaid : assessment.isOpen
        return Plan(
            entry: entry, assessment: assessment, isNeeded: revokes ? isSaid : canBeSaid,
            leavesAnother: inventory.entries.contains { $0.id != entry.id && history.isGood($0.id) })
    }

    /// - Returns: how the backup stands from then on.
    package func perform(_ plan: Plan) throws -> Assessment {
        let purpose = verdict == .rejected ? "repository reject" : "repository accept"
        let lock = try workplace.lockRepository(try workplace.repository(), .shared, for: purpose)
        // Read again under the lock: the backup may have been taken away meanwhile.
        let repository = try workplace.repository(), inventory = try Inventory(repository)
        let entry = try inventory.find(plan.entry.id.text, repository: repository.layout.root)
        var ignored: [Finding] = []
        try Acceptances(repository, findings: &ignored).record(
            entry, revokes ? .none : verdict, now: workplace.surroundings.clock.now(),
            host: workplace.surroundings.hostName, in: repository)
        let assessment = try BackupHistory(inventory, repository)[entry.id]
        lock.release()
        return assessment
    }
}
