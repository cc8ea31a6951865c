import Faults
import Operations
import Repository
import Settings

/// What must be kept away from the host, and what to do with it one day.
struct RecoverySheet {
    private let repository: String
    private let signer: String
    private let identityFile: String?
    private let recipients: [String]
    private let escrowRecipients: [String]

    init(_ report: InitOperation.Report) {
        repository = report.repository
        signer = report.signer
        identityFile = report.identityFile
        recipients = report.recipients
        escrowRecipients = report.escrowRecipients
    }

    /// That of a repository as it is now.
    init(_ workplace: Workplace) throws {
        let now = try workplace.repository(), escrow = workplace.configuration.escrowRecipients
        repository = now.layout.root
        signer = now.signers.pinned
        identityFile = try workplace.openingIdentity(now)
        recipients = now.keyring.recipients
        escrowRecipients = escrow.isEmpty ? recipients : escrow
    }

    func print(_ output: Output) {
        output.line(output.styled("RECOVERY SHEET", .title))
        output.line("Print it, or keep it in a password manager that does not depend on this host or")
        output.line("on this Infisical.")
        output.line()
        output.line("repository           \(repository)")
        output.line("signer's fingerprint \(signer)")
        output.line("                     proves a repository to be yours; never copy it from there")
        if let identityFile {
            output.line("identity             \(identityFile)")
            output.line("                     copy it off the host; without it no backup can be read")
        } else {
            output.line("identity             not on this host; without it no backup can be read")
        }
        for recipient in recipients { output.line("readable by          \(recipient)") }
        if Set(escrowRecipients) != Set(recipients) {
            for recipient in escrowRecipients { output.line("escrow readable by   \(recipient)") }
        }
        output.line("the instance's keys  in the escrow of every backup (its env and compose files);")
        output.line("                     a key stored only in Infisical itself is lost with it")
        output.line()
        output.line("Keep off this host: this sheet, the identity, a copy of the repository's folder.")
        output.line("With these, the backups can be restored on any host, with stock tools alone")
        output.line("(apt-get install age zstd jq openssh-client postgresql-client):")
        output.line()
        for purpose in ["--files ~/kept", "--database infisical"] {
            output.line("  ./recover.sh --identity ~/identity.txt \(purpose) \\")
            output.line("    --signer \(signer)")
        }
        output.line()
        output.line("To go on with this repository on a new host, with infisical-ops installed:")
        output.line()
        output.line("  infisical-ops init --adopt --repository \(FaultRenderer.shellQuoted(repository)) \\")
        output.line("    --identity-file ~/identity.txt \\")
        output.line("    --signer \(signer)")
    }
}
