import InstanceAccess
import Operations
import Repository

/// Which backups may be read where none was named by its id.
struct BackupChoice {
    private let inventory: Inventory
    private let history: BackupHistory

    /// - Throws: `RepositoryFault.latestUncertain` where a newer one may be hidden by damage.
    init(_ workplace: Workplace) throws {
        let repository = try workplace.repository()
        inventory = try Inventory(repository)
        history = try BackupHistory(inventory, repository)
        newest = try inventory.findForRestore("latest", repository: repository.layout.root)
    }

    let newest: InventoryEntry

    /// Why a backup does not stand for the instance, as a clause; nil where it does.
    func problem(of entry: InventoryEntry) -> String? {
        if let problem = history[entry.id].problem { return problem }
        return entry.manifest.infisical == nil ? "it is not of Infisical's database" : nil
    }

    /// Those that do, newest first.
    var candidates: [InventoryEntry] { inventory.entries.reversed().filter { problem(of: $0) == nil } }

    /// The newest that does, and whose own key opened everything; nil where there is none.
    func usable(besides entry: InventoryEntry) -> InventoryEntry? {
        candidates.first { $0.id != entry.id && keepsRightKey($0) }
    }

    func keepsRightKey(_ entry: InventoryEntry) -> Bool { history.keepsRightKey(entry) }
}
