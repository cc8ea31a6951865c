import BackupTables
import Faults
import InstanceAccess
package import Operations
import Repository

/// What `verify` found.
package struct VerifyResult: CommandResult {
    package struct Outcome: Encodable, Sendable {
        /// Id of the backup.
        let id: String
        let damaged: Bool
        /// How far it is proven by this run; absent when only a sample was looked at.
        let proven: String?
        /// Whether the keys at hand opened it when it was taken, or, where none was tried then, open its keys now; absent when
        /// neither was tried.
        let keyOpens: Bool?
        /// Whether it is shrunk, and does not count, however whole it is.
        let shrunk: Bool
    }

    package let schema = "infisical-ops/verify/1"
    /// `stored` or `readable`.
    package let level: String
    /// Percent of the chunks that were looked at.
    package let sample: Int
    package let chunks: Int
    package let bytes: Int
    package let backups: [Outcome]
    package let findings: [FindingSummary]
    /// One sentence without full stop each.
    package let warnings: [String]
    /// What to run when damage was found.
    package let hints: [String]
    package let exit: Int32

    package init(_ report: VerifyOperation.Report) {
        level = report.depth.rawValue
        sample = report.sample
        chunks = report.chunks
        bytes = report.bytes
        backups = report.outcomes.map {
            Outcome(
                id: $0.entry.id.text, damaged: $0.damaged, proven: $0.proven?.rawValue,
                keyOpens: $0.entry.manifest.infisical?.keyOpens ?? Self.opens($0.trial),
                shrunk: $0.shrunk != nil)
        }
        findings = report.findings.map { FindingSummary($0) }
        warnings =
            report.outcomes.compactMap(\.shrunk) + Self.keyWarnings(report)
            + [report.shallow, report.unrecorded.map { "no proof was recorded: \($0)" }].compactMap { $0 }
        hints =
            (report.damage.isEmpty ? [] : Advice.hints(report.repair))
            + report.shallowHints.map { FaultRenderer.text($0) }
        exit = report.exit.rawValue
    }

    private static func opens(_ trial: BackupKeyTrial?) -> Bool? {
        switch trial {
        case .opens?: true
        case .doesNotOpen?: false
        case .notTried?, nil: nil
        }
    }

    private static func keyWarnings(_ report: VerifyOperation.Report) -> [String] {
        let then = report.closed.filter { $0.trial?.isClosed != true }
        let now = report.closed.filter { $0.trial?.isClosed == true }
        let list = { (outcomes: [VerifyOperation.Outcome]) in outcomes.map(\.entry.id.text).joined(separator: ", ") }
        var warnings: [String] = []
        if !then.isEmpty {
            warnings.append(
                "no key that was available when it was taken opens all of \(list(then)): find the right key before you "
                    + "need it; \(report.keptKey)")
        }
        if !now.isEmpty {
            warnings.append(
                "no key that is available now opens \(list(now)), and none was when it was taken: find the right key "
                    + "before you need it; \(report.keptKey)")
        }
        return warnings
    }
}
