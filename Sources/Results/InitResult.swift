package import Operations

/// What `init` made, and what the recovery sheet says.
package struct InitResult: CommandResult {
    package let schema = "infisical-ops/init/1"
    package let repository: String
    /// Fingerprint of the signing key.
    package let signer: String
    /// Where the identity lies on this host; absent when it is kept elsewhere.
    package let identityFile: String?
    package let recipients: [String]
    /// Who can read the env and compose files in escrow.
    package let escrowRecipients: [String]
    /// The configuration file that was written or added to.
    package let configuration: String?
    /// Paths of all that was made.
    package let made: [String]
    /// One sentence without full stop each.
    package let warnings: [String]

    /// - Parameter notes: what was said with the plan.
    package init(_ report: InitOperation.Report, notes: [String]) {
        repository = report.repository
        signer = report.signer
        identityFile = report.identityFile
        recipients = report.recipients
        escrowRecipients = report.escrowRecipients
        configuration = report.configuration
        made = report.made
        warnings = notes + report.warnings
    }
}
