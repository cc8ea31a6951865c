import Faults
package import InstanceData

/// Keys that were written to a file.
package struct KeysWriteResult: CommandResult {
    package let schema = "infisical-ops/keys-write/1"
    package let file: String
    /// The plain names of their variables.
    package let variables: [String]
    /// Labels that the keys may have.
    package let labels: [String]
    package let warnings: [String]
    /// What the keys are worth on the database, as `keys label` says it; absent for a new key.
    package let database: String?
    package let exit: Int32

    package init(_ report: KeysWriteOperation.Report) {
        file = report.file
        variables = report.variables
        labels = report.labels
        warnings = report.warnings
        database = report.database?.word
        exit = report.exit.rawValue
    }
}
