package import Operations

/// What `backup --dry-run` would do.
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
    /// One sentence without full stop each.
    package let warnings: [String]

    package init(_ plan: BackupOperation.Plan) {
        repository = plan.repository
        databases = plan.databases
        escrow = plan.escrow
        jobs = plan.jobs
        level = plan.level
        warnings = plan.warnings
    }
}
