import Age
import DurableFiles
import Faults
import InstanceAccess
import Operations
import Repository
import Rotation

/// Where the keys of an open rotation lie: sealed in its journal, and where values of the database depend on them in the
/// repository, too, so that the loss of either strands nothing.
struct RotationSafe {
    private let workplace: Workplace
    private let journal: RotationJournal
    private let route: RotationRoute
    private let id: RotationID

    init(_ workplace: Workplace, _ journal: RotationJournal, _ keys: RotationKeys, _ route: RotationRoute) {
        self.workplace = workplace
        self.journal = journal
        self.route = route
        id = keys.id
    }

    static func hostKey(_ instance: InstanceAccess) -> String { instance.stateFile("rotation.identity") }

    /// Puts them away in both places, before anything is changed.
    func put(_ keys: RotationKeys) throws {
        let repository = try workplace.repository()
        try seal(keys, repository)
        guard route.migratesData else { return }
        let lock = try workplace.lockRepository(repository, .shared, for: "rotate")
        let store = RotationStore(repository)
        try store.publish(keys, to: try workplace.escrowRecipients(repository))
        try confirm(keys, store, repository)
        lock.release()
    }

    /// Puts away what the transaction has found out. What lies in the repository stays: with the keys of the environment the
    /// database says the rest, and a file that is exchanged is missing for a moment.
    func add(_ keys: RotationKeys) throws { try seal(keys, try workplace.repository()) }

    private func seal(_ keys: RotationKeys, _ repository: Repository) throws {
        let own = try RotationHostKey(
            makingAt: RotationSafe.hostKey(workplace.instance), files: workplace.surroundings.files)
        try journal.add(.sealed(try own.seal(keys, repository: repository.description.id)))
    }

    /// Opens what was published, where the identity is at hand.
    private func confirm(_ keys: RotationKeys, _ store: RotationStore, _ repository: Repository) throws {
        guard let identities = try workplace.openIdentities(repository) else { return }
        let read: RotationKeys
        do { read = try store.open(id, identities: identities.all, source: identities.source) } catch RepositoryFault
            .identityOpensNothing
        {
            // The escrow may be for others than this host.
            return
        }
        try read.require(keys.database)
    }

    /// The keys that another process put away.
    static func open(_ open: RotationHistory.OpenWork, _ workplace: Workplace) throws -> RotationKeys? {
        guard let sealed = open.sealed else { return nil }
        let path = RotationJournal.path(workplace.instance)
        guard try workplace.surroundings.files.status(hostKey(workplace.instance)) != nil else {
            throw RotationRefusal.hostKeyLost(path: hostKey(workplace.instance))
        }
        return try RotationHostKey(at: hostKey(workplace.instance), files: workplace.surroundings.files).open(
            sealed, repository: try workplace.repository().description.id, journal: path)
    }

    /// Takes away what earlier rotations left in the repository, where a proven backup keeps the new key by now, and what was
    /// undone.
    ///
    /// - Returns: whether there were any keys.
    @discardableResult
    static func clearPast(_ workplace: Workplace, _ journal: RotationJournal) throws -> Bool {
        let repository = try workplace.repository(), store = RotationStore(repository)
        try removeLeftovers(of: store, repository, workplace)
        let left = Set(try store.ids.map(\.text)), past = journal.history.past.filter { left.contains($0.id) }
        guard !past.isEmpty else { return false }
        let lock = try workplace.lockRepository(repository, .shared, for: "rotate")
        let kept = try RotationBackup(workplace).keptLabels()
        let ended = past.filter { !$0.isRotated || kept.isSuperset(of: $0.changes.compactMap(\.new)) }
        for id in ended.compactMap({ RotationID($0.id) }) { try store.remove(id) }
        lock.release()
        return !ended.isEmpty
    }

    /// What was cut off while it was written is of no use to anybody. While others use the repository it waits.
    private static func removeLeftovers(
        of store: RotationStore, _ repository: Repository, _ workplace: Workplace
    ) throws {
        if try store.leftovers().isEmpty { return }
        let lock: FileLock
        do { lock = try workplace.lockRepository(repository, .exclusive, for: "rotate") } catch let fault as any Fault {
            if fault.exit == .locked { return }
            throw fault
        }
        try store.removeLeftovers()
        lock.release()
    }

    /// Takes them away when nothing depends on them any more.
    ///
    /// - Parameter keepsPublished: whether those in the repository stay.
    func clear(keepsPublished: Bool = false) throws {
        // Where nothing was put away yet, the repository may be what failed.
        if route.migratesData, !keepsPublished, journal.history.open?.sealed != nil {
            let repository = try workplace.repository()
            let lock = try workplace.lockRepository(repository, .shared, for: "rotate")
            try RotationStore(repository).remove(id)
            lock.release()
        }
        try RotationHostKey.remove(RotationSafe.hostKey(workplace.instance), files: workplace.surroundings.files)
    }
}
