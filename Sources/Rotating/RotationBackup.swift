import Faults
import InfisicalData
import InstanceAccess
import Operations
import Repository

/// A backup that a rotation relies on: taken, read again as deep as this host can, and found to keep the key.
struct RotationBackup {
    private let workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// - Parameter label: of the key that it must keep; nil where none is rotated.
    /// - Returns: its id.
    /// - Throws: `RotationRefusal.backup`.
    func take(keeping label: String?, _ progress: BackupProgress) throws -> String {
        // Env files and containers may be others than when this run began.
        let workplace = try workplace.refreshed()
        let report = try BackupOperation(workplace, .init()).perform(progress: progress)
        let id = report.entry.id.text
        let refuse = { (reason: String) in RotationRefusal.backup(id: id, reason) }
        if report.isPartial { throw refuse("not all of it was read: \(report.warnings.joined(separator: "; "))") }
        if report.assessment.isShrunk { throw refuse("it holds much less than the one before") }
        if let key = report.key, key != .opens { throw refuse("the key \(key.word) what it holds") }
        try prove(id, workplace, refuse)
        guard let label else { return id }
        let repository = try workplace.repository(), inventory = try Inventory(repository)
        let keepers = KeyKeepers(inventory, try BackupHistory(inventory, repository))
        guard keepers.keeper(of: label)?.id.text == id else { throw refuse("it does not keep the key \(label)") }
        return id
    }

    /// The labels of all keys that backups which count keep, and that opened what they hold.
    func keptLabels() throws -> Set<String> {
        let repository = try workplace.repository(), inventory = try Inventory(repository)
        let history = try BackupHistory(inventory, repository)
        var labels: Set<String> = []
        for entry in inventory.entries where history.isGood(entry.id) && entry.manifest.escrow != nil {
            guard let record = entry.manifest.infisical, record.keyElsewhere != true else { continue }
            labels.formUnion(record.keys.filter { $0.outcome == .opens }.compactMap(\.label))
        }
        return labels
    }

    private func prove(
        _ id: String, _ workplace: Workplace, _ refuse: (String) -> RotationRefusal
    ) throws {
        var options = VerifyOperation.Options()
        options.ids = [id]
        let verified = try VerifyOperation(workplace, options).perform(progress: Verification.Progress())
        guard let outcome = verified.outcomes.first, !outcome.damaged, outcome.proven != nil else {
            throw refuse("it could not be read again: " + verified.damage.map(\.message).joined(separator: "; "))
        }
    }
}
