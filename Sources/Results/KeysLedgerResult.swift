import Faults
import InstanceAccess
package import InstanceData
import Repository

/// What `keys ledger` lists.
package struct KeysLedgerResult: CommandResult {
    package struct Key: Encodable, Sendable {
        let label: String
        /// Whether the instance has it now.
        let inForce: Bool
        /// How many backups do not open without it.
        let backups: Int
        /// The oldest and the newest of them; absent where there is none.
        let oldest: String?
        let newest: String?
        /// How many backups keep it among their escrow files.
        let keptIn: Int
        /// The newest of these; absent where there is none.
        let keeper: String?
        /// When a drill last opened everything with the key out of such an escrow; absent where none did.
        let opened: String?
        /// When a kit with it was last made, or opened, on this host; absent where none was.
        let kitMade: String?
        let kitOpened: String?
        /// The rotation that replaced it; absent where none did that this host knows of.
        let replacedBy: String?
        /// When it was retired on this host; absent where it was not.
        let retired: String?
    }

    package let schema = "infisical-ops/keys-ledger/1"
    /// Those in force first, then those of newer backups.
    package let keys: [Key]
    /// Ids of backups of which nobody knows what key they need.
    package let unknown: [String]
    package let exit: Int32

    package init(_ report: KeysLedgerOperation.Report) {
        keys = report.ledger.rows.map { row in
            Key(
                label: row.label, inForce: row.isInForce, backups: row.neededBy.count,
                oldest: row.neededBy.first?.text, newest: row.neededBy.last?.text, keptIn: row.keptIn.count,
                keeper: row.keptIn.last?.text, opened: row.opened, kitMade: row.kit?.made,
                kitOpened: row.kit?.opened, replacedBy: row.replacedBy,
                retired: row.retired)
        }
        unknown = report.ledger.unknown.map(\.text)
        exit = report.exit.rawValue
    }
}
