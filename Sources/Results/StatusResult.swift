import DurableFiles
import Faults
import InstanceAccess
package import Operations
import Repository

/// Whether the backups are fresh and proven.
package struct StatusResult: CommandResult {
    package struct Fault: Encodable, Sendable {
        let code: String
        let message: String
    }

    package struct Drilled: Encodable, Sendable {
        /// Id of its backup.
        let backup: String
        let time: String
        /// Values that nothing at hand can prove; absent where the proof does not say how many.
        let notProvable: Int?

        init(_ success: DrillRecord.Success) {
            backup = success.backup.text
            time = success.time
            notProvable = success.notProvable?.reduce(0) { $0 + $1.count }
        }
    }

    /// What a restore in place has put aside.
    package struct Kept: Encodable, Sendable {
        let name: String
        /// On the server's disk; absent where this user may not ask.
        let bytes: Int?
        /// SQL that removes it, in a session with another database.
        let drop: String
    }

    package struct Identity: Encodable, Sendable {
        /// `same`, `other` or `unknown`.
        let outcome: String
        /// Why, where it is not the same.
        let detail: String?
        /// Whether it is known to be another instance, not only elsewhere.
        let otherInstance: Bool
        /// Id of the backup that it was compared with: the newest that counts.
        let backup: String?

        init(_ identity: DatabaseIdentity, _ reference: BackupOverview?) {
            switch identity {
            case .same: (outcome, detail) = ("same", nil)
            case .other(let text), .notInfisical(let text), .moved(let text): (outcome, detail) = ("other", text)
            case .unknown(let text): (outcome, detail) = ("unknown", text)
            }
            switch identity {
            case .other, .notInfisical: otherInstance = true
            case .same, .unknown, .moved: otherInstance = false
            }
            backup = reference?.entry.id.text
        }
    }

    package let schema = "infisical-ops/status/1"
    package let repository: String
    package let databaseReachable: Bool
    /// Why it is not.
    package let databaseFault: Fault?
    /// Whether that database is the one of the newest backup that counts; absent without one, or where it cannot be
    /// reached.
    package let databaseIdentity: Identity?
    /// What that database lacks in comparison with the backup that the next one will be compared with; absent where nothing is
    /// missing, or where that is not known.
    package let databaseShrunk: ShrunkSummary?
    /// What it holds less than half of, of the most that there was, come to in small steps; absent as `databaseShrunk`.
    package let databaseDeclined: DeclineSummary?
    /// Closed databases on its server, which stay until somebody drops them.
    package let keptDatabases: [Kept]
    /// Absent where there is no backup yet.
    package let latest: BackupSummary?
    /// Since the newest backup was finished; negative when the clock went back.
    package let ageSeconds: Int64?
    /// How many there are.
    package let backups: Int
    /// On the repository's disk.
    package let freeBytes: Int
    /// Why no backup can be stored there; absent where one can.
    package let repositoryFault: Fault?
    /// Whether the newest is older than `--max-age` allows.
    package let stale: Bool
    /// Whether the newest verified one is older than `--max-unverified` allows.
    package let unverified: Bool
    /// Id of the newest backup that `verify` found whole.
    package let verified: String?
    /// Whether the last drill that came to `decrypts` was longer ago than `--max-drill-age` allows.
    package let undrilled: Bool
    /// That drill; absent where there was none.
    package let drilled: Drilled?
    /// The last drill that failed, unless one that went as far has succeeded since.
    package let drillFailure: FailedDrillSummary?
    package let liveKey: LiveKeySummary
    package let findings: [FindingSummary]
    /// One sentence without full stop each.
    package let warnings: [String]
    /// What to do about a database that cannot be reached, a repository that takes no backup, damage, another instance under the address, an identity that is
    /// lost, a key that is wrong or missing, and a drill that failed.
    package let hints: [String]
    package let exit: Int32

    package init(_ report: StatusOperation.Report) {
        repository = report.repository
        switch report.database {
        case .reachable: (databaseReachable, databaseFault) = (true, nil)
        case .unreachable(let fault):
            (databaseReachable, databaseFault) = (false, Fault(code: fault.code, message: fault.message))
        }
        databaseIdentity = report.identity.map { Identity($0, report.reference) }
        databaseShrunk = if case .shrunk(let assessment, _) = report.content { ShrunkSummary(assessment) } else { nil }
        databaseDeclined = if case .declined(let decline) = report.content { DeclineSummary(decline) } else { nil }
        keptDatabases = report.kept.map { Kept(name: $0.name, bytes: $0.bytes, drop: $0.dropStatement) }
        latest = report.latest.map { BackupSummary($0) }
        ageSeconds = report.age
        backups = report.backups.count
        freeBytes = report.room.freeBytes
        repositoryFault = report.room.obstacle.map { Fault(code: $0.code, message: $0.message) }
        stale = report.isStale
        unverified = report.isUnverified
        verified = report.verified?.entry.id.text
        undrilled = report.isUndrilled
        let drills = report.drills
        drilled = drills.success.map { Drilled($0) }
        drillFailure = drills.failure.map { FailedDrillSummary($0.drill, of: $0.backup) }
        liveKey = LiveKeySummary(report.liveKey)
        findings = report.findings.map { FindingSummary($0) }
        warnings = report.warnings + [report.identityLoss?.message, report.hostKeyLoss?.message].compactMap { $0 }
        let unreachable = if case .unreachable(let fault) = report.database { fault.hints } else { [Hint]() }
        hints =
            (unreachable + (report.room.obstacle?.hints ?? [])).map { FaultRenderer.text($0) } + Advice.address(report)
            + (report.damage.map { Advice.hints($0, mayBackUp: !report.isOfOther) } ?? [])
            + ((report.identityLoss?.hints ?? []) + (report.hostKeyLoss?.hints ?? []) + report.keyHints
            + report.backupHints).map { FaultRenderer.text($0) }
            + (drills.failure.map { [Advice.clearing($0)] } ?? [])
        exit = report.exit.rawValue
    }
}
