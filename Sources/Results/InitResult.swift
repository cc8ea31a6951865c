import Faults
package import Operations
import Repository

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
    /// What was there already, where nothing was made; one clause each.
    package let found: [String]
    /// One sentence without full stop each.
    package let warnings: [String]
    /// What to do about an identity that is lost, or opens nothing.
    package let hints: [String]
    package let exit: Int32

    /// - Parameter notes: what was said with the plan.
    package init(_ report: InitOperation.Report, notes: [String]) {
        repository = report.repository
        signer = report.signer
        identityFile = report.identityFile
        recipients = report.recipients
        escrowRecipients = report.escrowRecipients
        configuration = report.configuration
        made = report.made
        found = report.found
        warnings = notes + report.warnings + [report.identityLoss?.message].compactMap { $0 }
        hints = report.identityLoss?.hints.map { FaultRenderer.text($0) } ?? []
        exit = report.exit.rawValue
    }
}
