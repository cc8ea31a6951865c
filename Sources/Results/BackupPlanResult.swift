import Faults
import InfisicalData
package import Operations
package import Repository

/// What `backup --dry-run` would do, and what it would come to.
package struct BackupPlanResult: CommandResult {
    package let schema = "infisical-ops/backup-plan/1"
    package let repository: String
    package let databases: [String]
    /// Files that would be sealed beside the data.
    package let escrow: [String]
    /// Connections at once.
    package let jobs: Int
    /// Of zstd, 1 to 19.
    package let level: Int
    /// What the key at hand is worth on the data as it is now: `opens`, `does not open`, `missing`, `not checked` or `elsewhere`;
    /// absent for a database that is not Infisical's.
    package let key: String?
    /// Absent where nothing is missing in comparison with the backup before.
    package let shrunk: ShrunkSummary?
    /// Absent where nothing declined in small steps.
    package let declined: DeclineSummary?
    package let leftOut: [Manifest.Database.LeftOut]
    /// On the repository's disk.
    package let freeBytes: Int
    /// One sentence without full stop each.
    package let warnings: [String]
    /// Why the run would not end with 0, as a clause; absent where it would.
    package let reason: String?
    /// What the run would end with, and this one does.
    package let exit: Int32

    package init(_ plan: BackupOperation.Plan) {
        let report = plan.report
        repository = plan.repository
        databases = plan.databases
        escrow = plan.escrow
        jobs = plan.jobs
        level = plan.level
        key = report.key.map(Self.word)
        shrunk = report.assessment.losses.isEmpty ? nil : ShrunkSummary(report.assessment)
        declined = DeclineSummary(report.assessment)
        leftOut = report.entry.leftOut
        freeBytes = plan.freeBytes
        warnings = plan.warnings
        reason = Self.reason(report)
        exit = report.exit.rawValue
    }

    private static func word(_ key: KeyStanding) -> String {
        switch key {
        case .opens: "opens"
        case .doesNotOpen: "does not open"
        case .missing: "missing"
        case .notChecked: "not checked"
        case .keptElsewhere: "elsewhere"
        }
    }

    private static func reason(_ report: BackupOperation.Report) -> String? {
        switch report.exit {
        case .done: return nil
        case .keyMismatch:
            return report.key == .missing
                ? "there is no key here that opens the data" : "the key does not open all of the data"
        case .damaged: return "there is damage in the repository"
        default:
            if report.assessment.isShrunk { return "the backup would be \(report.assessment.word)" }
            if !report.entry.leftOut.isEmpty { return "something would be left out" }
            return report.key == .notChecked
                ? "whether the key opens the data could not be tried" : "something is not as it should be"
        }
    }
}
