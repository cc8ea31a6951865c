import DurableFiles
package import Faults

/// Why a host was not set up.
package enum InitFault: Fault, Equatable {
    /// The configuration pins a signer, so there was a repository; making another one would hide that it is gone.
    case repositoryGone(path: String, signer: String)
    case nothingToAdopt(path: String)
    case otherSignerPinned(configured: String, given: String)
    /// The identity is to be kept elsewhere, and no recipient says whose it is.
    case nobodyCouldRead
    case otherRecipients([String])

    package var code: String {
        switch self {
        case .repositoryGone: "init.repository-gone"
        case .nothingToAdopt: "init.nothing-to-adopt"
        case .otherSignerPinned: "init.other-signer-pinned"
        case .nobodyCouldRead: "init.nobody-could-read"
        case .otherRecipients: "init.other-recipients"
        }
    }

    package var message: String {
        switch self {
        case .repositoryGone(let path, let signer):
            "the configuration trusts the signer \(signer), but there is no repository at \(path); a new one would have "
                + "another signer and none of the backups"
        case .nothingToAdopt(let path): "there is no repository at \(path) to take over"
        case .otherSignerPinned(let configured, let given):
            "the configuration trusts the signer \(configured), not \(given)"
        case .nobodyCouldRead:
            "repository.identity_file is none, so no identity is made here; without a recipient nobody could read the "
                + "backups"
        case .otherRecipients(let recipients):
            "the repository exists, and others can read it: \(recipients.joined(separator: ", "))"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .repositoryGone(let path, _):
            [
                .command(["findmnt", "-T", Files.parent(of: path)]),
                .check("if its disk is not mounted, mount it; if the folder moved, correct repository.path"),
                .check("for a new repository all the same, remove repository.signer from the configuration first"),
            ]
        case .nothingToAdopt: [.check("is its disk mounted, and is repository.path or --repository right?")]
        case .otherSignerPinned:
            [.check("compare both with the recovery sheet, then correct repository.signer or --signer")]
        case .nobodyCouldRead:
            [
                .check(
                    "on the machine that keeps the identity: age-keygen -o identity.txt, which prints the recipient"),
                .command(["infisical-ops", "init", "--recipient", "RECIPIENT"]),
            ]
        case .otherRecipients: [.command(["infisical-ops", "repository", "recipients", "--help"])]
        }
    }

    package var exit: ExitCode { .refused }
}
