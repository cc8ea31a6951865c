import Effects
import InstanceAccess
package import Operations
package import Repository

/// Notes that a key is of no use any more, once no backup depends on somebody else keeping it. No key and no backup is
/// touched.
package struct KeysRetireOperation {
    package struct Plan: Sendable {
        package let label: String
        /// Whether it takes back that it was retired.
        package let revokes: Bool
        /// When it was retired, RFC 3339, UTC; nil where it is not.
        package let retired: String?
        /// The backups that need it, each of which keeps it itself; the oldest first.
        package let neededBy: [BackupID]
        package let warnings: [String]
        /// Whether there is anything to do.
        package var isNeeded: Bool { (retired == nil) != revokes }
    }

    private let workplace: Workplace
    private let revokes: Bool

    /// - Parameter revokes: whether it is taken back.
    package init(_ workplace: Workplace, revokes: Bool) {
        self.workplace = workplace
        self.revokes = revokes
    }

    /// - Throws: `KeyRetireFault`. Taking it back is refused for an unknown label alone: a key too many does no harm.
    package func plan(_ label: String) throws -> Plan {
        let ledger = try KeysLedgerOperation(workplace).perform().ledger
        let retired = try RetiredKeyRecords.read(workplace.instance)[label]
        if revokes {
            guard retired != nil || ledger.rows.contains(where: { $0.label == label }) else {
                throw KeyRetireFault.unknown(label: label)
            }
            return Plan(label: label, revokes: true, retired: retired, neededBy: [], warnings: [])
        }
        let row = try ledger.retirable(label)
        return Plan(
            label: label, revokes: false, retired: retired, neededBy: row.neededBy, warnings: ledger.concerns(row))
    }

    /// Does what `plan` found, under the instance's lock: while a rotation is open it is not known which key will be in
    /// force.
    ///
    /// - Returns: when it was retired; nil where that was taken back.
    package func perform(_ plan: Plan) throws -> String? {
        let lock = try workplace.lockInstance(for: "keys retire")
        defer { withExtendedLifetime(lock) {} }
        // A backup may have been taken since it was planned.
        let now = try self.plan(plan.label)
        guard now.isNeeded else { return now.retired }
        let time = revokes ? nil : workplace.surroundings.clock.now().iso8601
        try RetiredKeyRecords.note(plan.label, retired: time, workplace.instance)
        return time
    }
}
