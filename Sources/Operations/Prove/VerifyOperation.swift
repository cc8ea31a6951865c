package import BackupTables
import DurableFiles
import Effects
package import Faults
package import InfisicalData
import InstanceAccess
package import Repository
import Settings
import Synchronization

/// Checks backups and records signed proofs of what was found.
package struct VerifyOperation {
    package struct Options: Sendable {
        /// Backups by id or prefix; empty means the latest.
        package var ids: [String] = []
        package var all = false
        /// *stored* or *readable*; nil means as deep as the keys at hand allow.
        package var level: ProofLevel?
        /// Percent of the chunks to look at.
        package var sample = 100
        package var identityFile: String?
        package var threads = Threads.cores
        package init() {}
    }

    /// What the check of one backup came to.
    package struct Outcome: Sendable {
        package let entry: InventoryEntry
        package let damaged: Bool
        /// Nil when nothing was proven: damage, or only a sample was looked at.
        package let proven: ProofLevel?
        /// What its key was worth when it was taken; nil for a database that is not Infisical's.
        package let key: KeyStanding?
        /// What came of trying the keys at hand, where none was tried then; nil where there was no need.
        package let trial: BackupKeyTrial?
        /// Why it does not count, however whole it is, and which one does; a sentence without full stop.
        package let shrunk: String?
        package let assessment: Assessment
        /// The drill that found that its key, or a value of it, does not open; nil without one.
        package let disproof: ProofStore.FailedDrill?
        /// Whether it was said not to be of this instance: what it holds, and which key it needs, is then no concern.
        package var isRejected: Bool { assessment.isRejected }

        /// Whether no key that was ever tried opens it.
        package var isClosed: Bool {
            !isRejected && (key?.isWrong ?? false || trial?.isClosed ?? false || disproof?.isOfKey ?? false)
        }
    }

    package struct Report: Sendable {
        package let outcomes: [Outcome]
        package let findings: [Finding]
        package let depth: ProofLevel
        package let sample: Int
        package let chunks: Int
        package let bytes: Int
        /// Why the proofs were not written down, when they were not.
        package let unrecorded: String?
        /// Whether they should have been, and could not be.
        let failsToRecord: Bool
        /// Why *readable* was not tried although nothing asked for less.
        package let shallow: String?
        /// What to do about it; empty where the identity is there.
        package let shallowHints: [Hint]
        /// What to do about proofs that should have been written down.
        package let recordHints: [Hint]
        /// For each backup that no key opens, which one keeps a key that opened everything, as a clause.
        package let keptKeys: [BackupID: String]
        /// What `repair` can do here about the damage; empty where only another copy of the repository helps.
        package let repair: RepairPlan

        package var damage: [Finding] { findings.filter(\.isDamage) }
        package var notes: [Finding] { findings.filter { !$0.isDamage } }
        /// The backups that no key at hand opens, or opened when they were taken: whole, and of no use with that key.
        package var closed: [Outcome] { outcomes.filter(\.isClosed) }
        /// The newest of those that were looked at and count, or may.
        package var newest: Outcome? { outcomes.last { !$0.isRejected } }
        /// By the newest: what older ones lack is for somebody to look at, and no reason for an alarm every night.
        package var exit: ExitCode {
            let isWhole =
                newest.map { $0.shrunk == nil && ($0.disproof == nil || $0.isRejected) } ?? true
                && closed.isEmpty && !failsToRecord && shallowHints.isEmpty
            return .mostImportant(
                [isWhole ? .done : .partial] + (damage.isEmpty ? [] : [.damaged])
                    + (newest?.isClosed == true ? [.keyMismatch] : []))
        }
    }

    private let workplace: Workplace
    private let options: Options

    package init(_ workplace: Workplace, _ options: Options) {
        self.workplace = workplace
        self.options = options
    }

    package func perform(progress: Verification.Progress) throws -> Report {
        let lock = try workplace.lockRepository(try workplace.repository(), .shared, for: "verify")
        // Opened again under the lock: the keys may have changed just before.
        let report = try check(try workplace.repository(), progress)
        lock.release()
        return report
    }

    private func check(_ repository: Repository, _ progress: Verification.Progress) throws -> Report {
        let inventory = try Inventory(repository)
        let entries = try selected(inventory, repository)
        let (depth, shallow, hints) = try depth(repository, entries)
        var findings = inventory.findings
        let verification = Verification(
            repository: repository, inventory: inventory, cancellation: workplace.surroundings.cancellation)
        findings += try verification.chunks(
            of: entries, depth: depth, sample: options.sample, threads: options.threads, progress: progress)
        let around = RepositoryFilesCheck(repository: repository, inventory: inventory)
        findings += try around.escrow(of: entries) + around.keyFiles() + around.strangers() + around.modes()

        // For hosts that only verify: from now on they notice it when these backups go away.
        try repository.remember(newest: inventory.end?.manifest.sequence ?? 0)

        lazy var records = inventory.records()
        let history = try BackupHistory(inventory, repository)
        let outcomes = try entries.map { entry in
            let damaged = findings.contains { $0.isDamage && $0.backups.contains(entry.id) }
            let key = entry.manifest.infisical?.keyStanding(isElsewhere: workplace.configuration.keyIsElsewhere)
            let assessment = history[entry.id]
            return Outcome(
                entry: entry, damaged: damaged, proven: damaged || options.sample < 100 ? nil : depth.level, key: key,
                trial: key == nil || key == .opens || key?.isWrong == true
                    ? nil : try trial(entry, records, repository, depth),
                shrunk: assessment.isRejected ? nil : history.warning(before: entry, inventory)?.text,
                assessment: assessment, disproof: history.disproof(of: entry.id))
        }
        var repair = Repair(repository: repository, inventory: inventory, other: nil)
        let unrecorded: String?, failsToRecord: Bool, recordHints: [Hint]
        do { (unrecorded, failsToRecord, recordHints) = try record(outcomes, findings, repository, inventory) } catch
            where workplace.surroundings.cancellation.signal == nil
        {
            // What was found counts more than that it could not be written down.
            let fault = (error as? any Fault) ?? UnforeseenFault(error)
            (unrecorded, failsToRecord, recordHints) = (fault.message, true, fault.hints)
        }
        let keepers = KeyKeepers(inventory, history)
        return Report(
            outcomes: outcomes, findings: findings, depth: depth.level, sample: options.sample,
            chunks: progress.doneChunks.load(ordering: .relaxed), bytes: progress.doneBytes.load(ordering: .relaxed),
            unrecorded: unrecorded, failsToRecord: failsToRecord, shallow: shallow,
            shallowHints: hints, recordHints: recordHints,
            keptKeys: Dictionary(
                uniqueKeysWithValues: outcomes.filter(\.isClosed).map {
                    ($0.entry.id, KeptKey.text(keepers, of: $0.entry.manifest.infisical))
                }),
            repair: try repair.plan(findings: findings.filter(\.isDamage)))
    }

    /// A key that was not tried when the backup was taken may be at hand now.
    private func trial(
        _ entry: InventoryEntry, _ records: [ChunkName: Set<ChunkRecord>], _ repository: Repository,
        _ depth: Verification.Depth
    ) throws -> BackupKeyTrial {
        guard case .readable(let keys) = depth, let own = keys[entry.manifest.key.generation] else { return .notTried }
        return try BackupKeyTrial(
            entry, records: records, keys: own, in: repository, with: KeysInForce(workplace.instance).all)
    }

    private func selected(_ inventory: Inventory, _ repository: Repository) throws -> [InventoryEntry] {
        let path = repository.layout.root
        if options.all {
            // "All are in order" must not be said of none.
            if inventory.entries.isEmpty, !inventory.findings.contains(where: \.isDamage) {
                throw RepositoryFault.noBackups(repository: path)
            }
            return inventory.entries
        }
        var seen: Set<BackupID> = []
        return try (options.ids.isEmpty ? ["latest"] : options.ids).compactMap { id in
            do {
                let entry = try inventory.find(id, repository: path)
                return seen.insert(entry.id).inserted ? entry : nil
            } catch let fault as RepositoryFault {
                // A backup whose manifest is damaged is among the findings; the rest is looked at all the same.
                guard fault.exit == .damaged else { throw fault }
                return nil
            }
        }
    }

    private func depth(
        _ repository: Repository, _ entries: [InventoryEntry]
    ) throws -> (Verification.Depth, shallow: String?, [Hint]) {
        if options.level == .stored { return (.stored, nil, []) }
        let identities: Workplace.Identities
        if options.level == nil && options.identityFile == nil {
            // Where that is what the configuration asks for, it is no warning every night.
            if workplace.identityPath(repository, override: nil) == nil { return (.stored, nil, []) }
            if let loss = try workplace.identityLoss(repository) {
                return (.stored, "\(loss.message), so nothing was decrypted", loss.hints)
            }
            do { identities = try workplace.requireIdentities(repository, override: nil) } catch let fault
                as RepositoryFault
            {
                guard case .identitySealed = fault else { throw fault }
                return (.stored, "\(fault.message), so nothing was decrypted", fault.hints)
            }
        } else {
            identities = try workplace.requireIdentities(repository, override: options.identityFile)
        }
        return (.readable(try workplace.readingKeys(repository, for: entries, identities)), nil, [])
    }

    /// Writes a proof for every backup that was checked whole, and one of damage for every other that lost something.
    ///
    /// - Returns: why nothing was written, when nothing was, whether something should have been, and what to do about it.
    private func record(
        _ outcomes: [Outcome], _ findings: [Finding], _ repository: Repository, _ inventory: Inventory
    ) throws -> (reason: String?, fails: Bool, [Hint]) {
        let signer: Signer
        switch try ProofSigner(repository) {
        case .signer(let own): signer = own
        case .none(let loss, let reason, let isMeant): return (reason, !isMeant, loss?.hints ?? [])
        }
        let hurt = Finding.damage(in: findings)
        var proofs: [(InventoryEntry, ProofLevel, Proof.Outcome, [ChunkName]?)] = outcomes.compactMap { outcome in
            outcome.proven.map { (outcome.entry, $0, .proven, nil) }
        }
        proofs += inventory.entries.compactMap { entry in
            hurt[entry.id].map { (entry, $0.level, .damaged, $0.chunks) }
        }
        let now = workplace.surroundings.clock.now()
        for (entry, level, outcome, chunks) in proofs {
            let time = try ProofStore.time(of: entry, now: now, repository)
            try ProofStore.record(
                Proof(
                    backup: entry.id, manifest: entry.sha256, level: level, outcome: outcome, time: time.iso8601,
                    program: Release.nameAndVersion, host: workplace.surroundings.hostName, chunks: chunks),
                signer: signer, repository: repository)
        }
        return (nil, false, [])
    }
}
