package import Faults
import InfisicalData
import InstanceAccess
package import Operations
import Repository
import Rotation
import Settings

/// Lists the keys that the backups of this repository need: no data is read, and nothing decrypted.
package struct KeysLedgerOperation {
    package struct Report: Sendable {
        package let ledger: KeyLedger

        /// 2 where a backup needs a key that nothing is known of, or that is kept nowhere.
        package var exit: ExitCode {
            ledger.unknown.isEmpty && !ledger.rows.contains(where: \.isLost) ? .done : .partial
        }
    }

    private let workplace: Workplace

    package init(_ workplace: Workplace) { self.workplace = workplace }

    package func perform() throws -> Report {
        let repository = try workplace.repository(), inventory = try Inventory(repository)
        var replaced: [String: String] = [:]
        for past in try RotationJournal.history(workplace.instance).past where past.isRotated {
            for change in past.changes { if let old = change.old { replaced[old] = past.id } }
        }
        // A key may be read in two forms; the one that a backup needed is the one that counts.
        let possible = KeysInForce(workplace.instance).possibleLabels
        let ledger = try KeyLedger(
            inventory.ownEntries,
            opened: { try ProofStore.standing(of: $0, repository).proven(at: .decrypts) }, inForce: possible,
            replaced: replaced, kits: try KeyKitRecords.read(workplace.instance),
            retired: try RetiredKeyRecords.read(workplace.instance))
        return Report(ledger: ledger)
    }
}
