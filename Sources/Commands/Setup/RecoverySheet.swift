import Operations

/// What must be kept away from the host, and what to do with it one day.
enum RecoverySheet {
    static func print(_ report: InitOperation.Report, _ output: Output) {
        for made in report.made { output.line("made: \(made)") }
        if !report.made.isEmpty { output.line() }
        output.line(output.styled("RECOVERY SHEET", .title))
        output.line("Print it, or keep it in a password manager on another host that is not this")
        output.line("Infisical.")
        output.line()
        output.line("repository           \(report.repository)")
        output.line("signer's fingerprint \(report.signer)")
        output.line("                     proves that a repository is yours; never take it from there")
        if let identity = report.identityFile {
            output.line("identity             \(identity)")
            output.line("                     copy it off the host; without it no backup can be read")
        } else {
            output.line("identity             not on this host; without it no backup can be read")
        }
        for recipient in report.recipients { output.line("readable by          \(recipient)") }
        if Set(report.escrowRecipients) != Set(report.recipients) {
            for recipient in report.escrowRecipients { output.line("kept files by        \(recipient)") }
        }
        output.line("the instance's keys  in every backup, within the env file; one that is kept")
        output.line("                     only inside the data it encrypts is no key")
        output.line()
        output.line("Keep off this host: this sheet, the identity, a copy of the repository's folder.")
        output.line("They are enough on any host, with stock tools")
        output.line("(apt-get install age zstd jq openssh-client postgresql-client):")
        output.line()
        for purpose in ["--files ~/kept", "--database infisical"] {
            output.line("  ./recover.sh --identity ~/identity.txt \(purpose) \\")
            output.line("    --signer \(report.signer)")
        }
    }
}
