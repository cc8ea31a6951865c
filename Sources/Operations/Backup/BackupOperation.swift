import Age
import BackupTables
import CopyFormat
import Crypto
import DurableFiles
import Effects
package import Faults
package import InfisicalData
import InfisicalStore
import InstanceAccess
import Postgres
import Processes
package import Repository
import Settings
import Synchronization

/// Takes a backup of the instance's databases and of the files that open them.
package struct BackupOperation {
    package struct Options: Sendable {
        /// Connections per database; nil takes the configuration's.
        package var jobs: Int?
        package var compressionLevel: Int?
        package var tags: [String: String] = [:]
        package init() {}
    }

    /// What would be done.
    package struct Plan: Sendable {
        package let repository: String
        package let databases: [String]
        package let jobs: Int
        package let level: Int
        package let escrow: [String]
        /// What the run would come to, if nothing fails while it reads and writes.
        package let report: Report
        /// On the repository's disk, in bytes.
        package let freeBytes: Int
        package let warnings: [String]
    }

    package struct Report: Sendable {
        package let entry: Manifest
        /// Whether it holds what the one before held.
        package let assessment: Assessment
        package let warnings: [String]
        /// Whether manifests of the repository are damaged; the new backup is not.
        package let findsDamage: Bool
        /// Whether a database is in the backup and not as it should be.
        package let isPartial: Bool
        /// What the keys at hand are worth; nil for a database that is not Infisical's.
        package let key: KeyStanding?
        package let seconds: Double
        /// What failed after the backup was there: it counts, and somebody has to look.
        package let unfinished: [any Fault]

        package var exit: ExitCode {
            var codes: [ExitCode] = [.done]
            if let key, key.isWrong { codes.append(.keyMismatch) }
            if key == .notChecked { codes.append(.partial) }
            if findsDamage { codes.append(.damaged) }
            if !entry.leftOut.isEmpty || isPartial || assessment.isShrunk || !unfinished.isEmpty {
                codes.append(.partial)
            }
            return .mostImportant(codes)
        }
    }

    private let workplace: Workplace
    private let options: Options

    package init(_ workplace: Workplace, _ options: Options) {
        self.workplace = workplace
        self.options = options
    }

    private var jobs: Int { options.jobs ?? workplace.configuration.jobs }
    private var level: Int { options.compressionLevel ?? workplace.configuration.compressionLevel }

    /// Does what the run does but reading rows and writing: the same locks are looked at, the same snapshot is taken, and
    /// what is found is judged in the same way.
    package func plan(progress: BackupProgress = BackupProgress()) throws -> Plan {
        let repository = try workplace.repository()
        if let closed = try RotationJournal.closure(workplace.instance) { throw closed }
        try workplace.requireFree(.backup(repository.layout), .repository(repository.layout, .shared))
        let last = try Inventory(repository).latest?.manifest
        if let obstacle = try RepositoryRoom(repository, last: last).obstacle { throw obstacle }
        let report = try takeUndisturbed(workplace.surroundings.clock.monotonic(), progress, stores: false)
        let connections = DatabaseConnections(workplace.instance)
        let room = try RepositoryRoom(repository, last: last, size: progress.expected.load(ordering: .relaxed))
        return Plan(
            repository: repository.layout.root,
            databases: try report.entry.databases.map { database in
                let role = DatabaseConnections.Role(rawValue: database.role) ?? .main
                return "\(database.name) on \(try connections.endpoint(role).server), PostgreSQL "
                    + "\(ServerVersion(database.server.number))"
            }, jobs: jobs, level: level, escrow: try EscrowSelection(workplace.instance).files.map(\.path),
            report: report, freeBytes: room.freeBytes, warnings: report.warnings + [room.warning].compactMap(\.self))
    }

    package func perform(progress: BackupProgress) throws -> Report {
        let surroundings = workplace.surroundings
        let start = surroundings.clock.monotonic()
        if let closed = try RotationJournal.closure(workplace.instance) { throw closed }
        let repository = try workplace.repository()
        let backupLock = try workplace.lockBackup(repository)
        let repositoryLock = try workplace.lockRepository(repository, .shared, for: "backup")
        let report = try takeUndisturbed(start, progress, stores: true)
        repositoryLock.release()
        backupLock.release()
        return report
    }

    /// Starts over when a change of a table came between the locks of two sessions: the change goes on as soon as ours
    /// are given back, and what was stored until then is used again.
    private func takeUndisturbed(
        _ start: UInt64, _ progress: BackupProgress, stores: Bool
    ) throws -> Report {
        var restarts = 0
        while true {
            do {
                // Under the lock: a recipient change or a rekey may have ended just before.
                return try take(try workplace.repository(), start, progress, stores: stores)
            } catch let failure as Failure {
                guard case .overtaken = failure.cause as? BackupFault, restarts < BackupOperation.mostRestarts else {
                    throw failure
                }
                restarts += 1
                progress.reset()
            }
        }
    }

    private static let mostRestarts = 10

    private func take(
        _ repository: Repository, _ start: UInt64, _ progress: BackupProgress, stores: Bool
    ) throws -> Report {
        let surroundings = workplace.surroundings
        let now = surroundings.clock.now()
        if stores {
            try repository.completeFolders()
            try removeLeftovers(repository)
        }
        let inventory = try Inventory(repository)
        var history = try BackupHistory(inventory, repository)
        let writing = try repository.writingKeys(inventory)
        let escrow = try EscrowSelection(workplace.instance),
            escrowRecipients = try workplace.escrowRecipients(repository)
        let index = ChunkIndex(
            try inventory.history(generation: writing.generation.number, repository), layout: repository.layout,
            files: surroundings.files)
        let context = DatabaseBackup.Context(
            workplace: workplace, jobs: jobs, level: level, store: repository.store, index: index, writing: writing,
            reading: readingKeys(repository, writing), digestKey: try DigestKeys.make(idKey: writing.idKey),
            escrow: escrow, progress: progress, stores: stores)
        // The containers' engine takes as long to answer as a small database to be read.
        let (results, (kept, containers, recovery)) = try Threads.both {
            try databases(context, after: inventory.latest?.manifest)
        } beside: {
            (
                escrow.files.isEmpty ? nil : try Escrow.seal(escrow.files, to: escrowRecipients),
                ContainerImages(workplace.instance),
                stores ? try RecoveryFiles.write(layout: repository.layout, files: surroundings.files) : [:]
            )
        }
        let id = BackupID(started: now, random: try BackupOperation.randomNumber())
        let finished = surroundings.clock.now()
        let changes = try repository.host.changes()
        var manifest = Manifest(
            id: id, repository: repository.description.id,
            sequence: max(inventory.end?.manifest.sequence ?? 0, try repository.host.memory()?.sequence ?? 0) + 1,
            previous: inventory.end?.link, started: now.iso8601, finished: finished.iso8601,
            program: Release.nameAndVersion, host: surroundings.hostName, tags: options.tags,
            key: Manifest.RepositoryKey(
                generation: writing.generation.number, recipient: writing.generation.recipient,
                identity: writing.sealedIdentity),
            escrow: kept?.record, infisical: results.compactMap(\.infisical).first, databases: results.map(\.database),
            chunks: index.used, added: index.added, containers: containers.records,
            recovery: recovery,
            changes: changes.isEmpty ? nil : changes)
        manifest.compose = containers.compose
        let assessment = history.judge(&manifest)
        // Before it is published: afterwards nothing may fail that calls it not taken.
        let told = try warnings(repository, isStored: stores)
        let unfinished =
            stores
            ? try repository.publish(manifest, escrow: kept, forgetting: changes, signer: writing.signer) : []
        return Report(
            entry: manifest, assessment: assessment,
            warnings: told.beforehand + escrow.warnings + results.flatMap(\.warnings) + containers.warnings
                + told.afterwards(manifest, assessment, inventory, history),
            findsDamage: inventory.findings.contains(where: \.isDamage),
            isPartial: results.contains(where: \.isPartial),
            key: manifest.infisical?.keyStanding(isElsewhere: workplace.configuration.keyIsElsewhere),
            seconds: Double(surroundings.clock.monotonic() - start) / 1e9, unfinished: unfinished)
    }

    /// Backs up the main database, and beside it the one for audit logs.
    ///
    /// The second one is no reason to have no backup of the first: when it cannot be read, it is named as left out.
    private func databases(
        _ context: DatabaseBackup.Context, after last: Manifest?
    ) throws -> [DatabaseBackup.Result] {
        let connections = DatabaseConnections(workplace.instance)
        let perform = { (role: DatabaseConnections.Role) in
            try within("backup of the database \"\(connections.name(role))\"") {
                try DatabaseBackup(role, context).perform()
            }
        }
        var main = try perform(.main)
        guard connections.hasAuditLogs else { return [main] }
        let before = context.index.checkpoint
        do {
            var logs = try undisturbed(again: { context.index.goBack(to: before) }) { try perform(.auditLogs) }
            if let finding = AuditLogDatabase.finding(logs.database, after: last) {
                logs.warnings.append(finding)
                logs.isPartial = true
            }
            return [main, logs]
        } catch let fault as any Fault {
            guard AuditLogDatabase.mayBeLeftOut(for: fault) else { throw fault }
            // Some of its chunks may have been promised and never written.
            context.index.goBack(to: before)
            main.database.leftOut.append(AuditLogDatabase.leftOut(connections))
            main.warnings.append(AuditLogDatabase.warning(connections, fault))
            return [main]
        }
    }

    /// A change beside the second database is no reason to leave it out, nor to read the first one again.
    private func undisturbed(
        again: () -> Void, _ body: () throws -> DatabaseBackup.Result
    ) throws -> DatabaseBackup.Result {
        for _ in 0..<BackupOperation.mostRestarts {
            do { return try body() } catch let failure as Failure {
                guard case .overtaken = failure.cause as? BackupFault else { throw failure }
                again()
            }
        }
        return try body()
    }

    private func warnings(_ repository: Repository, isStored: Bool) throws -> BackupWarnings {
        BackupWarnings(
            configuration: workplace.configuration, repository: repository, discovery: workplace.instance.discovery,
            authorities: workplace.instance.authorityNote,
            identity: try workplace.identityWarning(repository)
                ?? HostIdentity.warning(workplace.identityPath(repository, override: nil), repository),
            isStored: isStored, unfinished: UnfinishedChanges.remarks(workplace.instance))
    }

    /// Nobody else writes while we hold the lock for backups, so what lies in `tmp/` is left from a killed run.
    private func removeLeftovers(_ repository: Repository) throws {
        for entry in try repository.files.list(repository.layout.temporary) where entry.kind == .file {
            try repository.files.remove(repository.layout.temporary + "/" + entry.name)
        }
    }

    /// The keys for looking into chunks of a run that was cut off; nil without an identity that opens them.
    ///
    /// Whatever is wrong with the identity hinders reading, not writing; `verify` is where it is told. A backup never
    /// asks for a passphrase.
    private func readingKeys(_ repository: Repository, _ writing: WritingKeys) -> ReadingKeys? {
        do {
            guard let identities = try workplace.openIdentities(repository) else { return nil }
            return try repository.readingKeys(
                generation: writing.generation.number, identities: identities.all, source: identities.source)
        } catch { return nil }
    }

    private static func randomNumber() throws -> UInt32 {
        try Random.bytes(count: 4).reduce(0) { $0 << 8 | UInt32($1) }
    }
}
