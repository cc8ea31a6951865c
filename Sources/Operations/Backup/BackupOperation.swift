import Age
import CopyFormat
import Crypto
import DurableFiles
import Effects
package import Faults
package import InfisicalData
import Postgres
package import Repository
import Settings

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
        package let warnings: [String]
    }

    package struct Report: Sendable {
        package let entry: Manifest
        package let keys: KeyTrialReport?
        package let warnings: [String]
        package let seconds: Double

        /// Whether some kind of ciphertext opens with none of the keys at hand.
        package var keyFails: Bool {
            entry.infisical?.keys.contains { $0.outcome == .doesNotOpen } ?? false
        }

        package var exit: ExitCode {
            var codes: [ExitCode] = [.done]
            if keyFails { codes.append(.keyMismatch) }
            if !entry.leftOut.isEmpty { codes.append(.partial) }
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

    /// Checks what can be checked without reading data: repository, keys, databases, files to keep.
    package func plan() throws -> Plan {
        let repository = try workplace.repository()
        _ = try repository.writingKeys()
        let connections = DatabaseConnections(workplace)
        var databases: [String] = []
        for role in roles(connections) {
            let connection = try connections.open(role, role: "plan")
            let facts = try ServerFacts.read(connection)
            _ = try PostgresPrograms(
                runner: workplace.surroundings.processes, pgDump: workplace.configuration.pgDump
            ).pgDump(forServer: facts.version.major)
            databases.append("\(facts.database) on \(connections.endpoint(role).server), PostgreSQL \(facts.version)")
            connection.close()
        }
        return Plan(
            repository: repository.layout.root, databases: databases, jobs: jobs, level: level,
            escrow: try EscrowSelection(workplace).files.map(\.path), warnings: warnings())
    }

    package func perform(progress: BackupProgress) throws -> Report {
        let surroundings = workplace.surroundings
        let start = surroundings.clock.monotonic()
        let repository = try workplace.repository()
        let backupLock = try workplace.lockBackup(repository)
        let repositoryLock = try workplace.lockRepository(repository, .shared, for: "backup")
        // Under the lock: a recipient change or a rekey may have ended just before.
        let report = try take(try workplace.repository(), start, progress)
        try repositoryLock.release()
        try backupLock.release()
        return report
    }

    private func take(_ repository: Repository, _ start: UInt64, _ progress: BackupProgress) throws -> Report {
        let surroundings = workplace.surroundings
        let writing = try repository.writingKeys(), now = surroundings.clock.now()
        try removeLeftovers(repository)
        let inventory = try Inventory(repository)
        let escrow = try EscrowSelection(workplace)
        let index = ChunkIndex(
            recorded: inventory.records(generation: writing.generation.number), layout: repository.layout,
            files: surroundings.files)
        let context = DatabaseBackup.Context(
            workplace: workplace, jobs: jobs, level: level, store: repository.store, index: index, writing: writing,
            reading: try readingKeys(repository, writing), digestKey: try DigestKeys.make(idKey: writing.idKey),
            holders: [KeyHolder(name: "the env file", keys: environmentKeys)], progress: progress)
        let results = try roles(DatabaseConnections(workplace)).map { role in
            try within("backup of the database \"\(DatabaseConnections(workplace).endpoint(role).database)\"") {
                try DatabaseBackup(role, context).perform()
            }
        }
        let id = BackupID(started: now, random: try BackupOperation.randomNumber())
        let kept =
            escrow.files.isEmpty
            ? nil
            : try Escrow.publish(
                escrow.files, for: id, recipients: try escrowRecipients(repository), repository: repository)
        let finished = surroundings.clock.now()
        let manifest = Manifest(
            id: id, repository: repository.description.id,
            sequence: max(inventory.latest?.manifest.sequence ?? 0, try repository.host.memory()?.sequence ?? 0) + 1,
            previous: inventory.latest?.link, started: now.iso8601, finished: finished.iso8601,
            program: Release.nameAndVersion, host: surroundings.hostName, tags: options.tags,
            key: Manifest.RepositoryKey(
                generation: writing.generation.number, recipient: writing.generation.recipient,
                identity: writing.sealedIdentity),
            escrow: kept, infisical: results.compactMap(\.infisical).first, databases: results.map(\.database),
            chunks: index.used, added: index.added,
            recovery: try RecoveryFiles.write(layout: repository.layout, files: surroundings.files))
        try ManifestStore.publish(manifest, signer: writing.signer, repository: repository)
        try repository.host.remember(sequence: manifest.sequence)
        let warnings =
            warnings() + results.flatMap(\.warnings)
            + BackupOperation.findings(inventory, manifest) + clockWarnings(inventory, now)
        return Report(
            entry: manifest, keys: results.compactMap(\.keys).first, warnings: warnings,
            seconds: Double(surroundings.clock.monotonic() - start) / 1e9)
    }

    private func roles(_ connections: DatabaseConnections) -> [DatabaseConnections.Role] {
        connections.hasAuditLogs ? [.main, .auditLogs] : [.main]
    }

    private var environmentKeys: EnvironmentKeys {
        let instance = workplace.configuration.instance
        return EnvironmentKeys(
            encryptionKey: instance.encryptionKey?.value, rootEncryptionKey: instance.rootEncryptionKey?.value,
            fips: instance.isFIPS)
    }

    /// Nobody else writes while we hold the lock for backups, so what lies in `tmp/` is left from a killed run.
    private func removeLeftovers(_ repository: Repository) throws {
        for entry in try repository.files.list(repository.layout.temporary) where entry.kind == .file {
            try repository.files.remove(repository.layout.temporary + "/" + entry.name)
        }
    }

    /// The keys for looking into chunks of a run that was cut off; nil without the identity.
    private func readingKeys(_ repository: Repository, _ writing: WritingKeys) throws -> ReadingKeys? {
        guard let identities = try workplace.identities(repository, override: nil) else { return nil }
        do {
            return try repository.readingKeys(
                generation: writing.generation.number, identities: identities.all, source: identities.source)
        } catch is RepositoryFault {
            // An identity that opens nothing hinders reading, not writing; `verify` is where it is told.
            return nil
        }
    }

    private func escrowRecipients(_ repository: Repository) throws -> [AgeRecipient] {
        let configured = workplace.configuration.escrowRecipients
        return try (configured.isEmpty ? repository.keyring.recipients : configured).map { try AgeRecipient($0) }
    }

    private func warnings() -> [String] {
        var warnings = workplace.configuration.notes + environmentKeys.problems.map(\.message)
        if workplace.configuration.envFiles.isEmpty {
            warnings.append(
                "no env file is configured (instance.env_file): the key that opens this data is not kept with it")
        }
        return warnings
    }

    private static func findings(_ inventory: Inventory, _ manifest: Manifest) -> [String] {
        inventory.findings.filter(\.isDamage).map { "in the repository: \($0.message)" }
            + manifest.leftOut.map { "not in the backup: \($0.kind) \($0.name)" }
    }

    private func clockWarnings(_ inventory: Inventory, _ now: Timestamp) -> [String] {
        guard let last = inventory.latest, let finished = Timestamp(iso8601: last.manifest.finished), finished > now
        else { return [] }
        return ["the clock went back: the backup before is from \(last.manifest.finished), now it is \(now.iso8601)"]
    }

    private static func randomNumber() throws -> UInt32 {
        try Random.bytes(count: 4).reduce(0) { $0 << 8 | UInt32($1) }
    }
}
