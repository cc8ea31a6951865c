package import Drills
import Faults
import Repository
import Restoring

/// What `drill` came to.
package struct DrillResult: CommandResult {
    package struct Phase: Encodable, Sendable {
        /// Such as `restore`.
        package let name: String
        package let seconds: Double
    }

    package struct Problem: Encodable, Sendable {
        /// Stable, such as `drill.differs`.
        package let code: String
        /// The table, index or sequence: `schema.name`.
        package let subject: String
        package let message: String
    }

    package struct Kept: Encodable, Sendable {
        package let folder: String
        /// One command for each database, as words.
        package let connect: [[String]]
        /// What ends the server and removes it: two commands, as words.
        package let remove: [[String]]
    }

    package struct Compared: Encodable, Sendable {
        package let tables: Int
        package let rows: Int
    }

    package struct ReadBack: Encodable, Sendable {
        /// Id of the project.
        package let project: String
        package let environment: String
        package let path: String
        package let name: String
        /// `identity` for the machine identity of the configuration, `token` for one that exists in the copy only.
        package let readBy: String
    }

    package struct FaultSummary: Encodable, Sendable {
        package let code: String
        package let message: String
    }

    package let schema = "infisical-ops/drill/1"
    /// Id of the backup.
    package let backup: String
    /// How far the drill was to go: `restored`, `equal`, `decrypts` or `boots`.
    package let level: String
    /// How far the backup is proven by this run; absent when not even `restored` was reached.
    package let proven: String?
    /// Where it was restored: `local`.
    package let on: String
    /// Version of the scratch server.
    package let server: String
    package let tables: Int
    package let rows: Int
    /// They come to `seconds`. Ciphertexts are opened while rows are restored; `remaining ciphertexts` is what was left then.
    package let phases: [Phase]
    /// From the beginning to the end.
    package let seconds: Double
    /// Since the snapshot of the backup.
    package let dataAgeSeconds: Int64
    /// What was compared and is as the backup's snapshot had it; absent where the content was not compared, or differs.
    package let compared: Compared?
    /// The secret that Infisical gave back on the copy, without its value; absent where none was read.
    package let canary: ReadBack?
    /// Ciphertexts that opened; absent where none was tried.
    package let opened: Int?
    /// Until Infisical answered on the copy; absent where it did not, or was not started.
    package let bootSeconds: Double?
    /// Why *boots* is not proven; absent where it is, or was not tried.
    package let bootFault: FaultSummary?
    package let problems: [Problem]
    /// Damage of the repository that the drill came upon.
    package let findings: [FindingSummary]
    /// What could not be compared, one sentence without full stop each.
    package let unchecked: [String]
    package let losses: [LossSummary]
    /// One sentence without full stop each.
    package let notes: [String]
    package let warnings: [String]
    /// The server that was left running; absent without `--keep`.
    package let kept: Kept?
    /// What to run next.
    package let hints: [String]
    package let exit: Int32

    package init(_ report: DrillReport) {
        backup = report.entry.id.text
        level = report.wanted.rawValue
        proven = report.reached?.rawValue
        on = report.on
        server = report.server
        tables = report.tables
        rows = report.rows
        phases = report.phases.map { Phase(name: $0.name, seconds: $0.seconds) }
        seconds = report.seconds
        dataAgeSeconds = report.dataAge
        compared = report.compared.map { Compared(tables: $0.tables, rows: $0.rows) }
        canary = report.canary.map {
            ReadBack(
                project: $0.project, environment: $0.environment, path: $0.path, name: $0.name,
                readBy: $0.isReadByIdentity ? "identity" : "token")
        }
        opened = report.opened
        bootSeconds = report.bootSeconds
        bootFault = report.bootFault.map { FaultSummary(code: $0.code, message: $0.message) }
        problems = report.problems.map { Problem(code: $0.code, subject: $0.subject, message: $0.message) }
        findings = report.damage.map { FindingSummary($0) }
        unchecked = report.unchecked
        losses = report.losses.map(LossSummary.init)
        notes = report.notes
        warnings = report.warnings + [report.unrecorded.map { "no proof was recorded: \($0)" }].compactMap { $0 }
        kept = report.kept.map { Kept(folder: $0.folder, connect: $0.connect, remove: [$0.stop, $0.remove]) }
        hints = Advice.drill(report)
        exit = report.exit.rawValue
    }
}
