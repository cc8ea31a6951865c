import BackupTables
import Faults
import InfisicalData
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
            report.outcomes.compactMap(\.shrunk) + Self.keyWarnings(report) + Self.drillWarnings(report)
            + [Self.decline(report)].compactMap(\.self)
            + [report.shallow, report.unrecorded.map { "no proof was recorded: \($0)" }].compactMap { $0 }
        hints =
            (report.damage.isEmpty ? [] : Advice.hints(report.repair))
            + (report.shallowHints + report.recordHints).map { FaultRenderer.text($0) }
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
        let closed = report.closed.filter { $0.key?.isWrong == true || $0.trial?.isClosed == true }
        // Of one instance the same backup keeps the key of all.
        var groups: [(isNow: Bool, kept: String, ids: [String])] = []
        for outcome in closed {
            let isNow = outcome.trial?.isClosed == true, kept = report.keptKeys[outcome.entry.id] ?? ""
            if let place = groups.firstIndex(where: { $0.isNow == isNow && $0.kept == kept }) {
                groups[place].ids.append(outcome.entry.id.text)
            } else {
                groups.append((isNow, kept, [outcome.entry.id.text]))
            }
        }
        var warnings = groups.sorted { !$0.isNow && $1.isNow }.map { group in
            let ids = group.ids.joined(separator: ", ")
            return
                (group.isNow
                ? "no key that is available now opens \(ids), and none was when it was taken"
                : "no key that was available when it was taken opens all of \(ids)")
                + ": find the right key before you need it; \(group.kept)"
        }
        let older = closed.filter { $0.entry.id != report.newest?.entry.id }
        if !older.isEmpty, report.newest?.isClosed == false {
            warnings.append(
                "where an older backup is of no use to you, leave it out from now on; run: infisical-ops repository reject "
                    + (older.last?.entry.id.text ?? ""))
        }
        return warnings
    }

    /// What drills found, which no look at the chunks can.
    private static func drillWarnings(_ report: VerifyOperation.Report) -> [String] {
        report.outcomes.filter { !$0.isRejected }.compactMap { outcome in
            outcome.disproof.map {
                "the last drill of \(outcome.entry.id.text), at \($0.time), failed at \($0.level.rawValue): \($0.message)"
            }
        }
    }

    /// What has gone away in small steps, of the newest.
    private static func decline(_ report: VerifyOperation.Report) -> String? {
        report.newest.flatMap { $0.assessment.decline == nil ? nil : $0.assessment.warning(of: $0.entry.id) }
    }
}
