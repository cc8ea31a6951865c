import BackupTables
import DurableFiles
import InfisicalData
import InfisicalStore
import InfisicalTables
import InstanceAccess
package import Operations
import Postgres
import Repository
import Settings

/// Opens the data of the instance: the live database's, or that of a backup without any server.
package struct DataOpener {
    private let workplace: Workplace
    private let identityFile: String?
    private let keyFile: String?

    /// - Parameters:
    ///   - identityFile: reads the backup; nil for the configured one.
    ///   - keyFile: an env file whose keys are taken instead of those that belong to the data.
    package init(_ workplace: Workplace, identityFile: String? = nil, keyFile: String? = nil) {
        self.workplace = workplace
        self.identityFile = identityFile
        self.keyFile = keyFile
    }

    /// The live database in one transaction, which sees one moment and changes nothing.
    ///
    /// - Parameter isInstance: whether it should hold what the newest backup holds, as a copy of an older one need not.
    /// - Throws: `InstanceDataFault.notInfisical` for another database, `liveDoubtful` where it was Infisical's and holds nothing.
    package func live(isInstance: Bool = true) throws -> OpenedData {
        let connection = try DatabaseConnections(workplace.instance).open(.main, role: "read")
        // Before the transaction, which a table that may not be read would end.
        let standing = isInstance ? LiveStanding.asked(connection, workplace.instance) : .unasked
        try connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        let database = try InfisicalDatabase(connection)
        if let text = database.otherSchemaText { throw InstanceFault.otherSchema(text) }
        let endpoint = try DatabaseConnections(workplace.instance).endpoint(.main)
        guard database.era != .none else {
            if let doubt = standing.doubt { throw InstanceDataFault.liveDoubtful(doubt) }
            throw InstanceDataFault.notInfisical(database: endpoint.database)
        }
        let source = try LiveTables(database)
        let keys = KeysInForce(workplace.instance)
        return OpenedData(
            origin: .live(database: endpoint.database, server: endpoint.server), source: source,
            holders: try given(source) ?? keys.all(source.fipsFlag()), remark: nil, standing: standing
        ) { connection.close() }
    }

    /// A backup's data out of its chunks.
    ///
    /// - Parameter id: an id, the beginning of one, or `latest`.
    package func backup(_ id: String) throws -> OpenedData {
        let lock = HeldLock(try workplace.lockRepository(try workplace.repository(), .shared, for: "read"))
        // Opened again under the lock: the keys may have changed just before.
        let repository = try workplace.repository()
        let inventory = try Inventory(repository)
        let entry = try inventory.findForRestore(id, repository: repository.layout.root)
        guard let database = entry.manifest.databases.first(where: { $0.role == "main" }),
            entry.manifest.infisical != nil
        else { throw InstanceDataFault.backupNotInfisical(id: entry.id.text, other: other(inventory)) }
        let identities = try workplace.requireIdentities(repository, override: identityFile)
        let keys = try workplace.readingKeys(repository, for: [entry], identities)
        guard let reading = keys[entry.manifest.key.generation] else {
            throw RepositoryFault.identityMissing(path: nil)
        }
        let source = try BackupTables(entry, database, records: inventory.records(), keys: reading, in: repository)
        let shrunk = try BackupHistory(inventory, repository).warning(before: entry, inventory)?.text
        if let keyFile {
            let given = try BackupKeys(given: keyFile, source, workplace)
            return OpenedData(
                origin: .backup(entry), source: source, holders: given.holders, remark: given.remark, shrunk: shrunk
            ) { lock.release() }
        }
        let own = try BackupKeys(of: entry, identities, source, repository, workplace)
        // The instance's own files are no others than those in force.
        return OpenedData(
            origin: .backup(entry), source: source, holders: own.holders,
            environment: own.remark == nil ? own.environment : nil, remark: own.remark, shrunk: shrunk
        ) { lock.release() }
    }

    /// The newest backup of Infisical's database; nil without one.
    private func other(_ inventory: Inventory) -> String? {
        inventory.ownEntries.last { $0.manifest.infisical != nil }?.id.text
    }

    private func given(_ source: any TableSource) throws -> [KeyHolder]? {
        try keyFile.map { try BackupKeys(given: $0, source, workplace).holders }
    }
}

/// A lock that is held as long as data is read, and released from a closure.
private final class HeldLock {
    private var lock: FileLock?

    init(_ lock: consuming FileLock) { self.lock = consume lock }

    func release() { lock.take()?.release() }
}
