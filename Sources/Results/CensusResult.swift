import Census
import Faults
import InfisicalData
package import InstanceData
import Repository

/// What `census` found.
package struct CensusResult: CommandResult {
    package struct Source: Encodable, Sendable {
        /// `live` or `backup`.
        let kind: String
        /// Id of the backup; absent for the live database.
        let id: String?
    }

    /// A column, or a member of its JSON (`metadata[].encryptedValue`).
    package struct Column: Encodable, Sendable {
        let table: String
        let column: String
        /// Values that are not NULL.
        let rows: Int
        let opened: Int
        let failed: Int
        let notProvable: Int
        /// How many values each kind of key opened: `ENCRYPTION_KEY`, `ROOT_ENCRYPTION_KEY`, `root`, `kms`, `org-data`,
        /// `project-data`, `legacy-project`, `org-bot`.
        let keys: [String: Int]
        /// Those of the opened that another owner's key opens, and not that of their row; absent where there is none.
        let misplaced: Int?
        /// Why values are not provable, with how many of them; absent where all are.
        let reasons: [String: Int]?
        /// The first values that failed; absent where none did.
        let failures: [Failure]?
        /// `not ciphertext` for bytes that are none, `unknown column` for one that the format's description does not name.
        let note: String?
    }

    package struct Failure: Encodable, Sendable {
        /// The row's id.
        let row: String
        let reason: String
    }

    package let schema = "infisical-ops/census/1"
    package let source: Source
    /// `S1` to `S8`.
    package let era: String
    package let rows: Int
    package let opened: Int
    package let failed: Int
    package let notProvable: Int
    package let columns: [Column]
    /// What the keys themselves came to, one clause each.
    package let keys: [String]
    /// One sentence without full stop each.
    package let warnings: [String]
    /// How to come to the right key, where the one that was tried is another.
    package let hints: [String]
    package let seconds: Double
    package let exit: Int32

    package init(_ report: CensusOperation.Report) {
        let census = report.census
        switch report.origin {
        case .live: source = Source(kind: "live", id: nil)
        case .backup(let entry): source = Source(kind: "backup", id: entry.id.text)
        }
        era = census.era.rawValue
        rows = census.rows
        opened = census.opened
        failed = census.failed
        notProvable = census.notProvable
        columns = census.columns.map { column in
            Column(
                table: column.table, column: column.column, rows: column.rows, opened: column.opened,
                failed: column.failed, notProvable: column.notProvable,
                keys: Dictionary(uniqueKeysWithValues: column.keys.map { ($0.key.rawValue, $0.value) }),
                misplaced: column.misplaced > 0 ? column.misplaced : nil,
                reasons: column.reasons.isEmpty ? nil : column.reasons,
                failures: column.failures.isEmpty
                    ? nil : column.failures.map { Failure(row: $0.row, reason: $0.reason) },
                note: CensusResult.note(column.kind))
        }
        keys = census.keys.roles.filter { $0.samples > 0 || $0.isDisproven }.map(\.text)
        warnings = CensusResult.warnings(report)
        hints = report.hints.map { FaultRenderer.text($0) }
        seconds = report.seconds
        exit = report.exit.rawValue
    }

    private static func note(_ kind: CensusColumn.Kind) -> String? {
        switch kind {
        case .expected: nil
        case .notCiphertext: "not ciphertext"
        case .unknown: "unknown column"
        }
    }

    private static func warnings(_ report: CensusOperation.Report) -> [String] {
        let census = report.census
        var warnings = report.concerns + [report.remark].compactMap(\.self) + census.unfinished
        if !census.keys.opens { warnings.append(census.keys.summary) }
        if let absence = census.snapshotAbsence { warnings.append(absence) }
        warnings += census.unknown.map {
            "the column \($0.name) is none that this version knows, and no key opens \($0.notProvable) of its values"
        }
        warnings += census.unread.map { "\($0) holds bytes and was not looked at: no column of Infisical's is there" }
        warnings += census.columns.filter { $0.misplaced > 0 }.map {
            "\($0.misplaced) values of \($0.name) open with another key than that of their row: no server reads them"
        }
        return warnings
    }
}
