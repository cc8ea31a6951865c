import Faults
package import Operations

/// What `restore --files` wrote.
package struct RestoreFilesResult: CommandResult {
    package let schema = "infisical-ops/restore-files/1"
    /// Id of the backup.
    package let backup: String
    /// Paths of the files that were written.
    package let files: [String]
    /// What to know of the key among them; one sentence without full stop each.
    package let warnings: [String]
    package let exit: Int32

    package init(_ plan: RestoreFilesOperation.Plan) {
        backup = plan.backup
        files = plan.files.map(\.path)
        warnings = plan.warnings
        exit = plan.exit.rawValue
    }
}
