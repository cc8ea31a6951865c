import Faults
import InfisicalData
package import InstanceData
import Repository

/// What `keys check` found.
package struct KeysCheckResult: CommandResult {
    package struct Backup: Encodable, Sendable {
        let id: String
        /// What the given key is worth: `opens`, `opens in part`, `does not open`, `not checked` or `not infisical`.
        let outcome: String
        /// What its own key was worth when it was taken: `opens`, `does not open`, `missing`, `not checked` or `elsewhere`;
        /// absent for one that is not Infisical's.
        let ownKey: String?
        /// The label of the key that it needs; absent where that is not known.
        let needs: String?
        /// How to write a value that was given so that it is that key; absent where none is.
        let form: String?
        /// The backup whose escrow holds the key; absent where none does.
        let keptIn: String?
    }

    package let schema = "infisical-ops/keys-check/1"
    /// Labels that the given values may have.
    package let labels: [String]
    /// What is wrong with the values, one clause each.
    package let problems: [String]
    /// Oldest first.
    package let backups: [Backup]
    package let exit: Int32

    package init(_ report: KeysCheckOperation.Report) {
        labels = report.labels
        problems = report.problems
        backups = report.rows.map { row in
            Backup(
                id: row.entry.id.text, outcome: KeysCheckResult.word(row.outcome), ownKey: row.own?.word,
                needs: row.needed, form: row.form, keptIn: row.holder?.text)
        }
        exit = report.exit.rawValue
    }

    /// The word for scripts.
    package static func word(_ outcome: KeysCheckOperation.Outcome) -> String {
        switch outcome {
        case .opens: "opens"
        case .opensInPart: "opens in part"
        case .doesNotOpen: "does not open"
        case .notChecked: "not checked"
        case .notInfisical: "not infisical"
        }
    }
}
