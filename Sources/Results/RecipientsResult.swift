/// Who can read the repository.
package struct RecipientsResult: CommandResult {
    package let schema = "infisical-ops/repository-recipients/1"
    /// `age1…`
    package let recipients: [String]
    /// One sentence without full stop each.
    package let warnings: [String]

    package init(_ recipients: [String], warnings: [String] = []) {
        self.recipients = recipients
        self.warnings = warnings
    }
}
