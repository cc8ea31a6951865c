import BackupTables
import Booting
import DurableFiles
import Effects
import Faults
import InfisicalData
package import Instance
import InstanceAccess
package import Operations
package import Postgres
package import Repository
import Restoring
package import Secrets
import Settings

/// Restores a backup into a scratch server, proves what came back, and removes all of it.
package struct DrillOperation {
    /// What tests do to the restored copy before it is looked at, with the rights of the superuser.
    package typealias Interference = @Sendable (_ copy: Endpoint) throws -> Void

    /// What is done to the restored copy once it is proven, so that Infisical is started on it with other keys: the rehearsal of
    /// a rotation. Such a drill proves nothing of the backup, and records nothing.
    package struct Exchange: Sendable {
        /// Gets two sessions of the copy's owner.
        package typealias Body = @Sendable (_ writer: Connection, _ reader: Connection) throws -> Void

        /// The phase that it is measured as.
        package static let phase = "other keys"

        private let body: Body
        let keys: EnvironmentValues

        /// - Parameter keys: what the environment has afterwards.
        package init(encryptionKey: Secret?, rootEncryptionKey: Secret?, _ body: @escaping Body) {
            keys = (encryptionKey, rootEncryptionKey)
            self.body = body
        }

        typealias EnvironmentValues = (encryptionKey: Secret?, rootEncryptionKey: Secret?)

        func perform(on copy: RestoredCopy) throws {
            let writer = try copy.open("rotate", use: .writing), reader = try copy.open("rotate", use: .writing)
            defer {
                writer.close()
                reader.close()
            }
            try body(writer, reader)
        }
    }

    package struct Options: Sendable {
        package var id = "latest"
        /// How far to go, from *restored* on; nil for *decrypts*, and *equal* for what is not Infisical's.
        package var level: ProofLevel?
        /// Whether nil also means *boots*, where this host can.
        package var goesFar = false
        /// Whether the scratch server is left running.
        package var keeps = false
        package var identityFile: String?
        /// An env file whose keys are taken instead of those in the backup's escrow.
        package var keyFile: String?
        /// Where to restore; nil for what there is.
        package var place: Place?
        /// Images by what runs in them, before those of the configuration and of the backup.
        package var images: [InstanceContainers.Role: String] = [:]
        package var jobs: Int?
        package init() {}
    }

    /// Who restores: with no rights but over what it makes itself.
    static let user = "infisical_ops_drill"

    let workplace: Workplace
    let options: Options
    private let interference: Interference?
    let exchange: Exchange?
    var surroundings: Surroundings { workplace.surroundings }

    package init(
        _ workplace: Workplace, _ options: Options, exchange: Exchange? = nil, interference: Interference? = nil
    ) {
        self.workplace = workplace
        self.options = options
        self.exchange = exchange
        self.interference = interference
    }

    package func perform(progress: BackupProgress) throws -> DrillReport {
        let lock = try workplace.lockRepository(try workplace.repository(), .shared, for: "drill")
        // Opened again under the lock: the keys may have changed just before.
        do {
            let report = try drill(try workplace.repository(), progress)
            lock.release()
            return report
        } catch  where options.place == .docker {
            switch (error as? Failure)?.cause ?? error {
            case let fault as DockerFault where fault == .notInstalled || fault.exit == .unhealthy:
                throw DrillFault.noEngine(fault.message)
            default: throw error
            }
        }
    }

    private func drill(_ repository: Repository, _ progress: BackupProgress) throws -> DrillReport {
        let inventory = try Inventory(repository), timer = PhaseTimer(surroundings.clock, progress)
        let entry = try inventory.findForRestore(options.id, repository: repository.layout.root)
        let identities = try workplace.requireIdentities(repository, override: options.identityFile)
        guard let keys = try workplace.readingKeys(repository, for: [entry], identities)[entry.manifest.key.generation]
        else { throw RepositoryFault.identityMissing(path: nil) }
        var notes: [String] = [], warnings: [String] = []
        let boot = try bootSource(entry, notes: &notes, warnings: &warnings)
        // What ran apart could write the cluster: it is never started outside again.
        if options.keeps, boot != nil { throw DrillFault.keptBoot }
        var report = DrillReport(
            entry: entry, wanted: wanted(entry, boots: boot != nil), dataAge: dataAge(of: entry))
        report.notes = notes
        report.warnings = warnings
        report.couldNotBoot = !warnings.isEmpty
        if case .images = boot { report.imagesAreOthers = !notes.isEmpty }
        let history = try BackupHistory(inventory, repository)
        if let shrunk = history.warning(before: entry, inventory) {
            report.isShrunk = true
            report.shrunkWord = history[entry.id].word
            report.isRejected = history[entry.id].isRejected
            report.warnings.append(shrunk.text)
        } else if history[entry.id].decline != nil, let declined = history[entry.id].warning(of: entry.id) {
            report.warnings.append(declined)
        }
        if entry.manifest.infisical == nil {
            report.warnings.append(
                "the backup \(entry.id.text) is not of Infisical's database: it has no key to try, and nothing to start"
            )
        }
        if let record = entry.manifest.infisical, hasNoKey(record) {
            report.notes.append(
                "no key was tried, because it is kept elsewhere (instance.key); to try one, add --key-file and an env file "
                    + "with it")
        }
        let content = BackupContent(
            repository: repository, records: inventory.records(), keys: keys,
            digestKey: try DigestKeys.make(idKey: keys.idKey))
        do {
            report.damage = try timer.measure("repository") { try damage(of: entry, inventory, repository, keys) }
            if report.damage.isEmpty { try restoreAndCheck(&report, boot, content, identities, timer) }
        } catch {
            if case DrillFault.doesNotRestore = (error as? Failure)?.cause ?? error { report.restoreFault = .of(error) }
            // A chunk that is damaged is found when it is read.
            guard let found = finding(error, inventory, repository) else {
                if report.restoreFault != nil { try recordFailure(&report, timer, repository, inventory, error) }
                throw error
            }
            report.damage = [found]
            report.reached = nil
        }
        if report.lacksKey {
            let trial = report.keyTrial, own = entry.manifest.infisical
            report.keptKey = KeyKeepers(inventory, history).best(
                of: own?.instance, needed: trial?[.rootWrap]?.label ?? trial?.storedLabel ?? own?.keyLabel,
                closed: trial?.closedLabels ?? []
            ).map(KeptKey.init)
        }
        if report.problems.contains(where: \.isOfValue) {
            report.older =
                inventory.ownEntries.last { older in
                    older.manifest.sequence < entry.manifest.sequence && history.isGood(older.id)
                        && history.keepsRightKey(older)
                }?.id
        }
        try record(&report, timer, repository, inventory)
        return report
    }

    /// - Throws: only where the run was told to stop.
    private func record(
        _ report: inout DrillReport, _ timer: PhaseTimer, _ repository: Repository, _ inventory: Inventory
    ) throws {
        report.phases = timer.phases + timer.rest
        report.seconds = timer.total
        if exchange != nil { return }
        do {
            (report.unrecorded, report.failsToRecord) = try DrillProofs(
                repository: repository, inventory: inventory, surroundings: surroundings
            ).record(report)
        } catch  where surroundings.cancellation.signal == nil {
            // What was found counts more than that it could not be written down.
            let fault: any Fault = .of(error)
            (report.unrecorded, report.failsToRecord) = (fault.message, true)
        }
    }

    /// Writes down a drill that ends with a fault.
    private func recordFailure(
        _ report: inout DrillReport, _ timer: PhaseTimer, _ repository: Repository, _ inventory: Inventory,
        _ fault: any Error
    ) throws {
        report.reached = nil
        do { try record(&report, timer, repository, inventory) } catch {
            throw Failure(.of(fault), cleanup: [.of(error)])
        }
        if let reason = report.unrecorded {
            throw Failure(.of(fault), cleanup: [DrillFault.unrecorded(reason)])
        }
    }

    /// Whether no key is tried because the operator keeps it elsewhere.
    func hasNoKey(_ record: Manifest.InfisicalRecord) -> Bool {
        options.keyFile == nil && workplace.configuration.keyIsElsewhere
            && record.keyStanding(isElsewhere: true) == .keptElsewhere
    }

    /// What was asked for, or as much as this backup and this host allow.
    private func wanted(_ entry: InventoryEntry, boots: Bool) -> ProofLevel {
        let highest: ProofLevel = options.keyFile == nil ? .decrypts : .decryptsSupplied
        if let level = options.level { return level == .decrypts ? highest : level }
        guard let record = entry.manifest.infisical, !hasNoKey(record) else { return .equal }
        return boots ? .boots : highest
    }

    /// The snapshot was taken just after the backup began.
    private func dataAge(of entry: InventoryEntry) -> Int64 {
        Timestamp(iso8601: entry.manifest.started).map { surroundings.clock.now().seconds - $0.seconds } ?? 0
    }

    // MARK: - The repository

    /// What a restore does not read, and a proof of any level stands for: the chunks for `recover.sh`, and the escrow.
    private func damage(
        of entry: InventoryEntry, _ inventory: Inventory, _ repository: Repository, _ keys: ReadingKeys
    ) throws -> [Finding] {
        let layout = repository.layout
        let unread = entry.manifest.databases.flatMap { $0.schema.preData + $0.schema.postData }
        let verification = Verification(
            repository: repository, inventory: inventory, cancellation: surroundings.cancellation)
        let chunks = try verification.chunks(
            of: [entry], depth: .readable([entry.manifest.key.generation: keys]),
            only: Set(unread.map { layout.relative(layout.chunk($0)) }), threads: 1, progress: .init())
        return try chunks + RepositoryFilesCheck(repository: repository, inventory: inventory).escrow(of: [entry])
    }

    /// What is wrong with the repository, where that is why a restore failed.
    private func finding(_ error: any Error, _ inventory: Inventory, _ repository: Repository) -> Finding? {
        let cause = (error as? Failure)?.cause ?? error
        guard let fault = cause as? RepositoryFault, case .chunk(let name, _) = fault else { return nil }
        return Finding(
            damage: fault, subject: repository.layout.relative(repository.layout.chunk(name)),
            backups: inventory.entries.filter { $0.manifest.chunks[name] != nil }.map(\.id))
    }

    // MARK: - The scratch server

    private func restoreAndCheck(
        _ report: inout DrillReport, _ boot: BootSource?, _ content: BackupContent,
        _ identities: Workplace.Identities, _ timer: PhaseTimer
    ) throws {
        let usesEngine = if case .images = boot { true } else { options.place == .docker }
        try removeLeftovers(&report, usesEngine: usesEngine)
        let entry = report.entry, scratch: any ScratchPlace
        let trial =
            report.wanted >= .decryptsSupplied
            ? CiphertextTrial { try keyedData(of: entry, content, identities) } : nil
        do { scratch = try timer.measure("server") { try makeScratch(entry, boot) } } catch {
            throw explained(error, (error as? Failure)?.cleanup ?? [])
        }
        do {
            try check(&report, in: scratch, boot, content, identities, trial, timer)
        } catch {
            var cleanup: [any Fault] = []
            do { try scratch.discard() } catch { cleanup = [.of(error)] }
            throw explained(error, cleanup)
        }
        guard options.keeps else { return try timer.measure("removal") { try scratch.discard() } }
        report.kept = try scratch.keep(entry.manifest.databases.map(Self.name), user: Self.user)
    }

    /// After a signal it is the signal that counts, and that nothing is left.
    private func explained(_ error: any Error, _ cleanup: [any Fault]) -> any Error {
        guard let signal = surroundings.cancellation.signal else {
            // One that tidied up itself says so already.
            return (error as? Failure).map { $0.cleanup.isEmpty ? Failure($0, cleanup: cleanup) : $0 }
                ?? Failure(.of(error), cleanup: cleanup)
        }
        let run = InterruptedRun(
            Interruption(signal: signal),
            state: "no proof was recorded, and the scratch server "
                + (cleanup.isEmpty ? "was removed" : "may be left; the next drill removes it"),
            hints: [.check("run the same command again when you are ready")])
        return Failure(run, cleanup: cleanup)
    }

    var jobs: Int { options.jobs ?? workplace.configuration.jobs }

    static func name(_ database: Manifest.Database) -> String {
        "drill_" + database.role.map { $0 == "-" ? "_" : String($0) }.joined()
    }

    private func check(
        _ report: inout DrillReport, in scratch: any ScratchPlace, _ boot: BootSource?, _ content: BackupContent,
        _ identities: Workplace.Identities, _ trial: CiphertextTrial?, _ timer: PhaseTimer
    ) throws {
        report.on = scratch.kind
        report.server = try prepare(scratch, report.entry).description
        let major = report.entry.manifest.databases.map(\.server.major).max() ?? 0
        if let own = report.server.split(separator: ".").first, Int(own) != major {
            report.notes.append("the backup is of PostgreSQL \(major), the scratch server of \(own)")
        }
        var copies: [(RestoredCopy, [ObjectLoss])] = []
        for database in report.entry.manifest.databases {
            copies.append(try restore(database, &report, scratch, identities, trial, timer))
        }
        if let interference { for (copy, _) in copies { try interference(copy.superuser) } }
        try timer.measure("constraints and indexes") {
            for (copy, losses) in copies { try checkRestored(copy, losses, content, &report) }
        }
        guard report.problems.isEmpty else { return }
        report.reached = .restored
        guard report.wanted >= .equal else { return }
        try timer.measure("content") {
            for (copy, _) in copies {
                let outcome = try ContentCheck(
                    copy: copy, key: content.digestKey, digestOfChunks: { try content.digest(of: $0) },
                    progress: timer.progress
                ).perform()
                report.problems += outcome.problems
                report.unchecked += outcome.unchecked
            }
        }
        guard report.problems.isEmpty, report.unchecked.isEmpty else { return }
        report.reached = .equal
        let tables = copies.flatMap(\.0.database.tables)
        report.compared = .init(tables: tables.count, rows: tables.reduce(0) { $0 + $1.rows })
        guard let trial else { return }
        let outcome = try timer.measure("remaining ciphertexts") { try trial.outcome(threads: jobs, &report.unchecked) }
        guard let (data, census) = outcome else { return }
        checkDecrypts(&report, data, census)
        guard report.wanted == .boots, let boot else { return }
        if report.reached == .decryptsSupplied {
            report.unchecked.append("Infisical was not started with a key that the backup does not keep")
        }
        guard report.reached == .decrypts else { return }
        if let exchange, let copy = copies.first(where: { $0.0.database.role == "main" })?.0 {
            try timer.measure(Exchange.phase) { try exchange.perform(on: copy) }
        }
        try timer.measure("boot") { try checkBoots(&report, data, from: boot, in: scratch) }
    }

    /// Makes sure that the server is the one that was started, and makes the user who restores.
    private func prepare(_ scratch: any ScratchPlace, _ entry: InventoryEntry) throws -> ServerVersion {
        let connection = try Connection.open(
            scratch.superuser, role: "drill", use: .writing, effects: surroundings.effects,
            cancellation: surroundings.cancellation)
        defer { connection.close() }
        let others =
            entry.manifest.databases.compactMap(\.server.systemIdentifier) + [liveIdentifier()].compactMap { $0 }
        try ScratchIdentity(marker: scratch.marker, others: Set(others)).check(connection)
        try connection.query("CREATE ROLE \(identifier: Self.user) LOGIN CREATEDB")
        return connection.serverVersion
    }

    /// The number of the live server's cluster; nil where it does not answer, as on a host that only proves backups.
    func liveIdentifier() -> String? {
        do {
            let connection = try DatabaseConnections(workplace.instance).open(
                .main, role: "drill", visitsPooler: true, deadline: 3)
            defer { connection.close() }
            return try ServerFacts.identifier(connection)
        } catch { return nil }
    }
}
