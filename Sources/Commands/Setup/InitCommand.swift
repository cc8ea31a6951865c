import Arguments
import Effects
import Faults
import Operations
import Settings

/// `infisical-ops init`
enum InitCommand {
    static let recipients = Option(
        "recipient", value: "age1…", .text,
        help: "Who can read the backups; without one, an identity is made on this host."
    ).repeated()
    static let adopt = Flag("adopt", help: "Take over an existing repository on this host, with its identity.")
    static let signer = Option(
        "signer", value: "SHA256:…", .text, help: "Fingerprint on the recovery sheet; for --adopt.")
    static let identity = Option(
        "identity-file", value: "FILE", .file, help: "Where the identity is, or is to be made.")
    static let repository = Option("repository", value: "DIR", .folder, help: "Folder of the repository.")
    static let noConfiguration = Flag("no-configuration", help: "Do not write a configuration file.")
    static let dryRun = Flag("dry-run", short: "n", help: "Print the plan and stop.")
    static let yes = Flag("yes", short: "y", help: "Do not ask.")

    static let command = Command<CommandContext>(
        name: "init", abstract: "Set up the repository, its keys and the configuration.",
        discussion: "Creates what is missing and overwrites nothing, then prints the recovery sheet.",
        group: Groups.setUp,
        options: [recipients, adopt, signer, identity, repository, noConfiguration, dryRun, yes],
        examples: [Example(["init", "--repository", "/var/lib/infisical-ops/repository"], "The first time.")]
    ) { values, context in
        var overrides: [SettingOverride] = []
        if let path = values[repository] { overrides.append(SettingOverride(.repository, path, flag: "--repository")) }
        let workplace = try context.workplace(overrides)
        var options = InitOperation.Options()
        options.recipients = values[recipients]
        options.adopt = values[adopt]
        options.signer = values[signer]
        options.identityFile = values[identity]
        let surroundings = SettingsSurroundings.ofProcess(effects: context.effects)
        let operation = InitOperation(
            workplace, options,
            configurationPath: values[noConfiguration]
                ? nil : Configuration.newPath(named: context.configPath, surroundings))
        let plan = try operation.plan()
        for note in plan.notes { context.output.warning(note) }
        guard try plan.isEmpty || context.agree(to: lines(plan), dryRun: values[dryRun], yes: values[yes]) else {
            return .done
        }
        let report = try operation.perform(plan)
        RecoverySheet.print(report, context.output)
        for warning in report.warnings { context.output.warning(warning) }
        try context.output.object(
            InitObject(
                repository: report.repository, signer: report.signer, identityFile: report.identityFile,
                recipients: report.recipients, made: report.made, warnings: report.warnings))
        return .done
    }

    private static func lines(_ plan: InitOperation.Plan) -> [String] {
        var lines: [String] = []
        if plan.makesRepository { lines.append("make a repository in \(plan.repository)") }
        if plan.makesIdentity { lines.append("make an identity on this host that can read the backups") }
        if plan.adopts { lines.append("take over the repository in \(plan.repository) on this host") }
        if let path = plan.makesConfiguration { lines.append("write the configuration \(path)") }
        return lines
    }

    private struct InitObject: Encodable {
        let schema = "infisical-ops/init/1"
        let repository: String
        let signer: String
        let identityFile: String?
        let recipients: [String]
        let made: [String]
        let warnings: [String]
    }
}

/// What must be kept away from the host, and what to do with it one day.
enum RecoverySheet {
    static func print(_ report: InitOperation.Report, _ output: Output) {
        for made in report.made { output.line("made: \(made)") }
        output.line()
        output.line(
            output.styled("RECOVERY SHEET: print it or keep it in a password manager, not on this host", .title))
        output.line()
        output.line("repository  \(report.repository)")
        output.line("fingerprint \(report.signer)")
        output.line("            of the signer; whoever restores compares it")
        if let identity = report.identityFile {
            output.line("identity    \(identity)")
            output.line("            copy this file off the host: without it no backup can be read")
        } else {
            output.line("identity    kept elsewhere: without it no backup can be read")
        }
        output.line("readable by")
        for recipient in report.recipients { output.line("            \(recipient)") }
        output.line()
        output.line("With the repository's folder, the identity and stock tools alone")
        output.line("(apt-get install age zstd jq openssh-client postgresql-client):")
        output.line()
        output.line("  ./recover.sh --identity identity.txt \\")
        output.line("    --signer \(report.signer) \\")
        output.line("    --files ./kept")
        output.line("  ./recover.sh --identity identity.txt \\")
        output.line("    --signer \(report.signer) \\")
        output.line("    --database infisical")
    }
}
