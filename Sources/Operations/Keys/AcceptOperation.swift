import DurableFiles
import Effects
import InstanceAccess
package import Repository

/// Accepts a shrunk backup, or takes that back.
package struct AcceptOperation {
    package struct Plan: Sendable {
        package let entry: InventoryEntry
        package let assessment: Assessment
        /// Whether there is anything to write.
        package let isNeeded: Bool
    }

    private let workplace: Workplace
    private let accepts: Bool

    package init(_ workplace: Workplace, accepts: Bool) {
        self.workplace = workplace
        self.accepts = accepts
    }

    /// - Throws: whatever keeps it from being written, as far as that can be seen beforehand.
    package func plan(_ id: String) throws -> Plan {
        let repository = try workplace.repository(), inventory = try Inventory(repository)
        let entry = try inventory.find(id, repository: repository.layout.root)
        let assessment = try BackupHistory(inventory, repository)[entry.id]
        _ = try repository.writingSigner()
        try repository.files.requireWritable(repository.layout.accepted)
        return Plan(
            entry: entry, assessment: assessment,
            isNeeded: accepts ? assessment.isShrunk : assessment.accepted != nil)
    }

    /// - Returns: how the backup stands from then on.
    package func perform(_ plan: Plan) throws -> Assessment {
        let lock = try workplace.lockRepository(try workplace.repository(), .shared, for: "repository accept")
        // Read again under the lock: the backup may have been taken away meanwhile.
        let repository = try workplace.repository(), inventory = try Inventory(repository)
        let entry = try inventory.find(plan.entry.id.text, repository: repository.layout.root)
        var ignored: [Finding] = []
        try Acceptances(repository, findings: &ignored).record(
            entry, accepted: accepts, now: workplace.surroundings.clock.now(), host: workplace.surroundings.hostName,
            in: repository)
        let assessment = try BackupHistory(inventory, repository)[entry.id]
        try lock.release()
        return assessment
    }
}
