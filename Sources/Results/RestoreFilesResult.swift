/// What `restore --files` wrote.
package struct RestoreFilesResult: CommandResult {
    package let schema = "infisical-ops/restore-files/1"
    /// Id of the backup.
    package let backup: String
    /// Paths of the files that were written.
    package let files: [String]

    package init(backup: String, files: [String]) {
        self.backup = backup
        self.files = files
    }
}
