import BackupTables
import Booting
import Census
import Effects
import Faults
import InfisicalData
import InfisicalTables
import Instance
import InstanceAccess
import InstanceData
import Operations
import Repository
import Settings

/// What is tried with the backup's keys: every ciphertext, then Infisical itself on the restored copy.
extension DrillOperation {
    /// The data of the backup with the keys that belong to it.
    struct KeyedData: Sendable {
        let tables: BackupTables
        let keys: BackupKeys
        let database: Manifest.Database

        var hasKeys: Bool { keys.holders.contains { !$0.keys.candidates.isEmpty } }
    }

    /// What needs keys, or why there is nothing to try: the backup is not Infisical's, or its schema cannot be read without
    /// a server.
    enum Keyed: Sendable {
        case data(KeyedData)
        /// A sentence without full stop.
        case unchecked(String)
    }

    func keyedData(
        of entry: InventoryEntry, _ content: BackupContent, _ identities: Workplace.Identities
    ) throws -> Keyed {
        guard entry.manifest.infisical != nil,
            let database = entry.manifest.databases.first(where: { $0.role == "main" })
        else { return .unchecked("the backup is not of Infisical's database, so there is nothing to decrypt") }
        let tables: BackupTables
        do {
            tables = try BackupTables(
                entry, database, records: content.records, keys: content.keys, in: content.repository)
        } catch let fault as BackupTablesFault where fault.exit != .damaged {
            return .unchecked(fault.message)
        }
        let keys: BackupKeys
        if let file = options.keyFile {
            keys = try BackupKeys(given: file, tables, workplace)
        } else {
            keys = try BackupKeys(of: entry, identities, tables, content.repository, workplace)
        }
        return .data(KeyedData(tables: tables, keys: keys, database: database))
    }

    /// *decrypts*: every ciphertext opens with the keys in the backup's own escrow. What they are tried on are the backup's
    /// chunks, which the restored copy was just found to equal.
    ///
    /// - Parameter census: nil where there is no key.
    func checkDecrypts(_ report: inout DrillReport, _ data: KeyedData, _ census: CensusReport?) {
        let subject = "the backup \(report.entry.id.text)"
        report.keysAreGiven = options.keyFile != nil
        report.keysAreSupplied = data.keys.remark != nil
        let key =
            report.keysAreGiven
            ? "the key that was given"
            : report.keysAreSupplied ? "the key that this host uses" : "the key in its escrow"
        guard let census else {
            if let record = report.entry.manifest.infisical, hasNoKey(record) {
                report.unchecked.append("no key is here to try, because it is kept elsewhere (instance.key)")
                return
            }
            // One that is there and can be none is wrong, and not missing.
            let unusable = data.keys.holders.lazy.flatMap { holder in
                holder.keys.problems.filter { $0 != .missing }.map { "\(holder.name): \($0.message)" }
            }.first
            report.problems.append(
                DrillProblem(unusable.map { .keyDoesNotOpen(key: key, reason: $0) } ?? .keyMissing, subject))
            return
        }
        // What opens with a key that the backup does not keep is not proven to open where that key is gone.
        if let remark = data.keys.remark { report.notes.append(remark) }
        report.opened = census.opened
        report.keyTrial = census.keys
        if census.isDisproven, !census.keys.isUsable {
            // Of what stays closed under another key nothing is to be said but that.
            report.problems.append(DrillProblem(.keyDoesNotOpen(key: key, reason: census.keys.summary), subject))
            return
        }
        report.notProvable = census.columns.flatMap { column in
            column.reasons.sorted { $0.key < $1.key }.map {
                Proof.NotProvable(column: column.name, count: $0.value, reason: $0.key)
            }
        }
        for column in census.columns {
            for (reason, count) in column.reasons.sorted(by: { $0.key < $1.key }) {
                report.notes.append("not provable: \(count) of \(column.name): \(reason)")
            }
            if column.misplaced > 0 {
                report.unchecked.append(
                    "\(column.misplaced) of \(column.name) open with another key than that of their row: no server reads them"
                )
            }
        }
        report.unchecked += census.unfinished
        if let absence = census.snapshotAbsence { report.unchecked.append(absence) }
        report.unchecked += census.unread.map {
            "\($0) holds bytes and was not looked at: no column of Infisical's is there"
        }
        report.unchecked += census.unknown.map {
            "the column \($0.name) is none that this version knows, and no key opens \($0.notProvable) of its values"
        }
        for column in census.columns where column.failed > 0 {
            report.problems += column.failures.map {
                DrillProblem(.valueStaysClosed(row: $0.row, reason: $0.reason), column.name)
            }
        }
        guard report.problems.isEmpty else { return }
        if !census.isProven { report.unchecked.append(census.keys.summary) }
        guard report.unchecked.isEmpty else { return }
        report.reached = report.keysAreSupplied ? .decryptsSupplied : .decrypts
    }

    /// *boots*: Infisical starts on the restored copy, apart from everything, and gives a secret back.
    ///
    /// Why it does not is kept beside what was proven before.
    func checkBoots(
        _ report: inout DrillReport, _ data: KeyedData, from source: BootSource, in scratch: any ScratchPlace
    ) throws {
        let configuration = workplace.configuration, environment = data.keys.environment
        let identity = try machineIdentity(), choice = CanaryChoice(data.tables, with: data.keys.holders)
        let canaries = identity == nil ? [try choice.canary()].compactMap(\.self) : try choice.ofProjects()
        let others =
            report.entry.manifest.databases.compactMap(\.server.systemIdentifier)
            + [liveIdentifier()].compactMap(\.self)
        let cluster = try scratch.rest()
        let own = (environment?.encryptionKey?.value, environment?.rootEncryptionKey?.value)
        let (encryptionKey, rootEncryptionKey) = exchange?.keys ?? own
        let request = BootRequest(
            cluster: BootCluster(
                data: cluster, database: Self.name(data.database), user: Self.user, marker: scratch.marker,
                others: Set(others)),
            keys: BootKeys(
                encryptionKey: encryptionKey, rootEncryptionKey: rootEncryptionKey,
                isFIPS: FIPSMode.isActive(environment: environment?.fips ?? false, database: try data.tables.fipsFlag())
            ),
            canary: canaries.first,
            identity: identity, otherCanaries: Array(canaries.dropFirst()))
        do {
            let boot =
                switch source {
                case .command:
                    try BootDrill.run(
                        request, command: configuration.drillBackendCommand,
                        folder: configuration.drillBackendFolder ?? "/",
                        sockets: [surroundings.docker.namedSocket].compactMap(\.self), effects: surroundings.effects,
                        cancellation: surroundings.cancellation)
                case .images(let images):
                    try BootDrill.run(
                        request, images: images, docker: surroundings.docker, effects: surroundings.effects,
                        cancellation: surroundings.cancellation)
                }
            report.bootSeconds = boot.seconds
            if let reader = boot.reader {
                report.reached = .boots
                report.canary = boot.canary.map {
                    .init(
                        project: $0.projectID, environment: $0.environment, path: $0.path, name: $0.name,
                        isReadByIdentity: reader == .identity)
                }
                if case .credential(let refusal?) = reader {
                    report.identityIsRefused = true
                    report.unchecked.append("\(refusal); a credential of the copy's own read it")
                }
            } else {
                report.unchecked.append("Infisical started with this key, and the backup has no secret to be read back")
            }
        } catch  where surroundings.cancellation.signal == nil { report.bootFault = .of(error) }
    }
}
