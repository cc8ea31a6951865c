/// Who can read the repository.
package struct RecipientsResult: CommandResult {
    package let schema = "infisical-ops/repository-recipients/1"
    /// `age1…`
    package let recipients: [String]
    /// One sentence without full stop each.
    package let warnings: [String]

    /// What to do next.
    package let hints: [String]

    package init(_ recipients: [String], warnings: [String] = [], isChanged: Bool = false) {
        self.recipients = recipients
        self.warnings = warnings
        hints = isChanged ? ["the recovery sheet names others; print it anew, run: infisical-ops init"] : []
    }
}
