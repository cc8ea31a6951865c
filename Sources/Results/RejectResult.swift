package import Repository

/// Whether a backup is left out, as not of this instance.
package struct RejectResult: CommandResult {
    package let schema = "infisical-ops/repository-reject/1"
    /// Its id.
    package let backup: String
    /// Whether this run changed it.
    package let changed: Bool
    /// When it was rejected; absent where it is not.
    package let rejected: String?

    package init(_ id: BackupID, _ assessment: Assessment, isChanged: Bool) {
        backup = id.text
        changed = isChanged
        rejected = assessment.rejected
    }
}
