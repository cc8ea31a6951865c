import DurableFiles
package import Effects
package import Faults
package import InfisicalData
package import InstanceAccess
import Postgres
package import Repository
import Rotation
import Settings

/// Answers "are my backups fresh and proven": the instance, the newest backup, its age and its proof.
package struct StatusOperation {
    /// What became of asking the database.
    package enum Reachability: Sendable {
        /// Reachable; the server's version.
        case reachable(String)
        case unreachable(any Fault)
    }

    package struct Report: Sendable {
        package let now: Timestamp
        package let database: Reachability
        package let liveKey: LiveKey
        /// What restores in place have put aside on its server.
        package let kept: [KeptDatabase]
        /// What is known of that database beside the backups.
        let standing: LiveStanding
        /// Whether it is the one of `reference`; nil without one, or where it cannot be asked.
        package var identity: DatabaseIdentity? { standing.identity }
        /// Whether it still holds what the backups say that it held.
        package var content: LiveContent { standing.content }
        /// Whether the operator says that the key is not on this host.
        package let keyIsElsewhere: Bool
        package let repository: String
        package let backups: [BackupOverview]
        package let findings: [Finding]
        /// What became of damage that was found earlier; nil where there is none.
        let recorded: DamageState?
        /// Seconds since the newest backup was finished; nil without one. Negative when the clock went back.
        package let age: Int64?
        /// Whether the next backup can be stored.
        package let room: RepositoryRoom
        /// Seconds that `--max-age` allows.
        package let maxAge: Int64?
        /// Seconds that `--max-unverified` allows.
        package let maxUnverified: Int64?
        /// Seconds that `--max-drill-age` allows.
        package let maxDrillAge: Int64?
        /// Whether an env file that the configuration names is gone.
        let lacksEnvFile: Bool
        /// That the identity is not where it should be on this host, or is not one that opens the repository.
        package let identityLoss: (any Fault)?
        /// That this host has not the keys that a backup takes.
        package let hostKeyLoss: RepositoryFault?
        /// Whether a restore in place or a recovery was cut off, and nobody is at it.
        let isUnfinished: Bool
        /// What should be known of the instance's keys, one sentence without full stop each.
        package let warnings: [String]

        /// The newest that was not rejected.
        package var latest: BackupOverview? { backups.last { !$0.assessment.isRejected } }
        /// The backup that tells which instance this is: the newest that counts, else the newest.
        package var reference: BackupOverview? {
            backups.last { $0.assessment.counts } ?? backups.last { !$0.assessment.isRejected }
        }
        /// Whether the chain or the newest backup is damaged, or may be: damage was found in another backup since the
        /// newest was proven, and both may share chunks.
        package var isDamaged: Bool {
            if findings.contains(where: \.isDamage) { return true }
            guard let latest else { return false }
            return damagedBackups.contains { other in
                guard let found = other.standing.damaged, let level = other.standing.damagedLevel else { return false }
                if other.entry.id == latest.entry.id { return true }
                // One that was found whole since ends it for all that came after it: they reuse no chunk of which damage is
                // known. A check that did not look as deep says nothing of it, however new it is.
                return !backups.contains {
                    $0.manifest.sequence > other.manifest.sequence && $0.standing.proven(at: level) ?? "" >= found
                }
            }
        }
        /// The backups in which damage was found, and that nothing has proven whole since.
        package var damagedBackups: [BackupOverview] { backups.filter { $0.standing.damaged != nil } }
        /// What is to be done about damage; nil where there is none.
        package var damage: DamageState? { findings.contains(where: \.isDamage) ? .inPlace : recorded }
        package var isStale: Bool {
            guard let maxAge else { return false }
            // A backup from the future says nothing about how old it is.
            return age.map { $0 > maxAge || $0 < -StatusOperation.clockSlack } ?? true
        }

        /// The newest backup that `verify` found whole, and in which nothing was found damaged since.
        package var verified: BackupOverview? {
            backups.last { $0.standing.level != nil && $0.standing.damaged == nil && !$0.assessment.isRejected }
        }
        /// Whether the newest verified backup is older than `--max-unverified` allows, or there is none.
        package var isUnverified: Bool {
            guard let maxUnverified else { return false }
            return isOlder(verified?.manifest.finished, than: maxUnverified)
        }

        /// Nothing is as good as too old, and a moment in the future says nothing.
        private func isOlder(_ time: String?, than most: Int64) -> Bool {
            guard let time = time.flatMap({ Timestamp(iso8601: $0) }) else { return true }
            let age = now.seconds - time.seconds
            return age > most || age < -StatusOperation.clockSlack
        }

        /// What drills came to, of whatever backup.
        package var drills: DrillRecord {
            DrillRecord(
                backups.filter { !$0.assessment.isRejected }.map { ($0.entry.id, $0.standing, $0.assessment.counts) },
                until: Timestamp(seconds: now.seconds + StatusOperation.clockSlack).iso8601)
        }
        /// Whether the last drill that came to *decrypts* was longer ago than `--max-drill-age` allows, or there was none.
        package var isUndrilled: Bool {
            maxDrillAge.map { isOlder(drills.success?.time, than: $0) } ?? false
        }

        /// What the key of the newest backup is worth; nil without one, and for one that is not Infisical's.
        package var backupKey: KeyStanding? { latest.flatMap(keyStanding(of:)) }

        /// The newest backup that counts, where its own key did not open it: also where a newer one, which does not count, has
        /// another key, and where only a drill tried it.
        package var closedReference: BackupOverview? {
            guard let reference else { return nil }
            let isDisproven = drills.failure.map { $0.backup == reference.entry.id && $0.drill.isOfKey } ?? false
            return isDisproven || keyStanding(of: reference)?.isWrong == true ? reference : nil
        }

        private func keyStanding(of backup: BackupOverview) -> KeyStanding? {
            backup.manifest.infisical?.keyStanding(isElsewhere: keyIsElsewhere)
        }

        /// Whether the address leads to another instance: then nothing is advised that would back it up.
        package var isOfOther: Bool {
            switch identity {
            case .other?, .notInfisical?: true
            case .same?, .unknown?, .moved?, nil: false
            }
        }

        /// What to do about a key that is wrong or missing now; which one is right in a rotation its end decides.
        package var keyHints: [Hint] {
            guard case .tried(let standing, _, _, let hints) = liveKey, standing.isWrong else { return [] }
            return isOfOther || isUnfinished ? [] : hints
        }

        /// What to do about the newest backup where the key was so only when it was taken.
        package var backupHints: [Hint] {
            let isKnown = identity?.difference == nil && liveKey.standing == .opens
            let isWrong = backupKey?.isWrong == true || closedReference != nil
            return isKnown && isWrong ? [.command(["infisical-ops", "backup"])] : []
        }

        package var exit: ExitCode {
            let lacks = lacksEnvFile || identityLoss != nil || hostKeyLoss != nil
            var codes: [ExitCode] = [lacks ? .partial : .done] + (isUnfinished ? [.unfinishedRotation] : [])
            if latest == nil, !isDamaged, maxAge == nil, maxUnverified == nil, maxDrillAge == nil {
                codes.append(.notFound)
            }
            let keys = [backupKey, liveKey.standing].compactMap(\.self)
            if keys.contains(where: \.isWrong) || closedReference != nil { codes.append(.keyMismatch) }
            if case .notTried = liveKey { codes.append(.partial) }
            let isDoubtful = keys.contains(.notChecked) || identity?.difference != nil
            if isDoubtful || content.isShrunk || room.obstacle != nil { codes.append(.partial) }
            if isDamaged { codes.append(.damaged) }
            if case .unreachable = database { codes.append(.unhealthy) }
            if isStale || isUnverified || isUndrilled { codes.append(.stale) }
            if latest?.assessment.isShrunk == true || drills.failure != nil { codes.append(.partial) }
            return .mostImportant(codes)
        }
    }

    /// Seconds by which two clocks may differ.
    private static let clockSlack: Int64 = 300

    private let workplace: Workplace
    private let maxAge: Int64?
    private let maxUnverified: Int64?
    private let maxDrillAge: Int64?

    /// - Parameters:
    ///   - maxAge: seconds since the newest backup after which it is too old.
    ///   - maxUnverified: the same for the newest backup that was verified.
    ///   - maxDrillAge: the same for the last drill that opened every ciphertext.
    package init(
        _ workplace: Workplace, maxAge: Int64?, maxUnverified: Int64? = nil, maxDrillAge: Int64? = nil
    ) {
        self.workplace = workplace
        self.maxAge = maxAge
        self.maxUnverified = maxUnverified
        self.maxDrillAge = maxDrillAge
    }

    package func perform() throws -> Report {
        let repository = try workplace.repository()
        let inventory = try Inventory(repository)
        let now = workplace.surroundings.clock.now()
        let finished = inventory.latest.flatMap { Timestamp(iso8601: $0.manifest.finished) }
        let backups = try BackupOverview.all(inventory, repository)
        let (database, liveKey, standing, kept) = try live(repository, inventory)
        return Report(
            now: now, database: database, liveKey: liveKey, kept: kept, standing: standing,
            keyIsElsewhere: workplace.configuration.keyIsElsewhere, repository: repository.layout.root,
            backups: backups,
            findings: try inventory.findings
                + RepositoryFilesCheck(repository: repository, inventory: inventory).keyFiles(),
            recorded: try .worst(
                of: backups.filter { $0.standing.damaged != nil }.map(\.entry), inventory, repository),
            age: finished.map { now.seconds - $0.seconds },
            room: try RepositoryRoom(repository, last: inventory.latest?.manifest), maxAge: maxAge,
            maxUnverified: maxUnverified, maxDrillAge: maxDrillAge,
            lacksEnvFile: !workplace.configuration.envFileFaults.isEmpty,
            identityLoss: try HostIdentity.doubt(workplace.identityPath(repository, override: nil), repository),
            hostKeyLoss: try repository.hostKeyLoss(), isUnfinished: try isUnfinished(),
            warnings: try warnings(liveKey)
                + [standing.content.obstacle, workplace.identityWarning(repository)].compactMap { $0 })
    }

    private func isUnfinished() throws -> Bool {
        if try UnfinishedChanges.all(workplace.instance).isEmpty { return false }
        do { try workplace.requireFree(.instance) } catch FileFault.locked { return false } catch is RotationFault {}
        return true
    }

    private func warnings(_ liveKey: LiveKey) throws -> [String] {
        let edited = KeysInForce(workplace.instance).finding, configuration = workplace.configuration
        // With the key that is missing goes how the file comes back.
        let told = liveKey.standing == .missing ? configuration.instance.missingFiles.first : nil
        var warnings =
            configuration.envFileWarnings(besides: told) + [edited, workplace.instance.authorityNote].compactMap { $0 }
        warnings += try UnfinishedChanges.warnings(workplace.instance)
        if case .tried(_, _, let findings, _) = liveKey { warnings += findings }
        return warnings
    }

    private func live(
        _ repository: Repository, _ inventory: Inventory
    ) throws -> (Reachability, LiveKey, LiveStanding, [KeptDatabase]) {
        do {
            let connection = try DatabaseConnections(workplace.instance).open(
                .main, role: "status", visitsPooler: true, deadline: 5)
            defer { connection.close() }
            let (key, rootKey) = LiveKey.asked(connection, workplace.instance)
            return (
                .reachable(connection.serverVersion.description), key,
                LiveStanding(connection, repository, inventory, rootKey: rootKey), try KeptDatabase.all(connection)
            )
        } catch { return (.unreachable(.of(error)), .notTried("the database cannot be reached"), .unasked, []) }
    }
}
