import Faults
import Operations

/// What must be kept away from the host, and what to do with it one day.
enum RecoverySheet {
    static func print(_ report: InitOperation.Report, _ output: Output) {
        for made in report.made { output.line("created: \(made)") }
        if !report.made.isEmpty { output.line() }
        output.line(output.styled("RECOVERY SHEET", .title))
        output.line("Print it, or keep it in a password manager that does not depend on this host or")
        output.line("on this Infisical.")
        output.line()
        output.line("repository           \(report.repository)")
        output.line("signer's fingerprint \(report.signer)")
        output.line("                     proves a repository to be yours; never copy it from there")
        if let identity = report.identityFile {
            output.line("identity             \(identity)")
            output.line("                     copy it off the host; without it no backup can be read")
        } else {
            output.line("identity             not on this host; without it no backup can be read")
        }
        for recipient in report.recipients { output.line("readable by          \(recipient)") }
        if Set(report.escrowRecipients) != Set(report.recipients) {
            for recipient in report.escrowRecipients { output.line("escrow readable by   \(recipient)") }
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
            output.line("    --signer \(report.signer)")
        }
        output.line()
        output.line("To go on with this repository on a new host, with infisical-ops installed:")
        output.line()
        output.line("  infisical-ops init --adopt --repository \(FaultRenderer.shellQuoted(report.repository)) \\")
        output.line("    --identity-file ~/identity.txt \\")
        output.line("    --signer \(report.signer)")
    }
}
