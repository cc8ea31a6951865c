import Faults
import InfisicalData
package import InstanceData

extension KeysLabelOperation.Database {
    /// In one of five forms, for scripts.
    var word: String {
        switch self {
        case .tried(let standing, _, _): standing.word
        case .notTried: "not checked"
        case .notInfisical: "not infisical"
        }
    }
}

/// The labels of keys, and what the database says of them.
package struct KeysLabelResult: CommandResult {
    package struct Key: Encodable, Sendable {
        let variable: String
        let label: String
        /// Whether it is read in the form of FIPS mode.
        let fips: Bool
        let source: String
    }

    package let schema = "infisical-ops/keys-label/1"
    package let keys: [Key]
    package let problems: [String]
    /// What the keys are worth on the database: `opens`, `does not open`, `missing`, `not checked` or `not infisical`.
    package let database: String
    /// The same as a clause.
    package let databaseText: String
    package let warnings: [String]
    package let exit: Int32

    package init(_ report: KeysLabelOperation.Report) {
        keys = report.keys.map {
            Key(variable: $0.variable, label: $0.label, fips: $0.isFIPS, source: $0.source)
        }
        problems = report.problems
        var warnings = [report.finding].compactMap(\.self)
        database = report.database.word
        switch report.database {
        case .tried(_, let text, let findings):
            databaseText = text
            warnings += findings.filter { !report.problems.contains($0) }
        case .notTried(let reason): databaseText = reason
        case .notInfisical: databaseText = "the database is not Infisical's"
        }
        self.warnings = warnings
        exit = report.exit.rawValue
    }
}
