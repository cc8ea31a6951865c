/// What `restore --in-place --undo` came to where a restore was interrupted before it had changed anything.
package struct InPlaceUndoneResult: CommandResult {
    package let schema = "infisical-ops/restore-in-place-undone/1"
    /// Id of the backup that was being restored.
    package let backup: String?

    package init(backup: String?) { self.backup = backup }
}
