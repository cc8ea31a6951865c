import Arguments
import Effects
import Faults
import Operations
import Repository
import Results
import Settings

/// `infisical-ops init`
enum InitCommand {
    static let recipients = Option(
        "recipient", value: "RECIPIENT", .text,
        help: "Who can read the backups; without one, an identity is created on this host."
    ).repeated()
    static let adopt = Flag("adopt", help: "Take over an existing repository on this host, with its identity.")
    static let signer = Option(
        "signer", value: "FINGERPRINT", .fingerprint, help: "With --adopt: the fingerprint on the recovery sheet.")
    static let identity = Option(
        "identity-file", value: "FILE", .file,
        help: "Where the identity is, or will be created; none keeps it off this host.")
    static let repository = Option("repository", value: "DIR", .folder, help: "The folder of the repository.")
    static let noConfiguration = Flag("no-configuration", help: "Do not write a configuration file.")
    static let dryRun = Flag("dry-run", short: "n", help: "Print the plan and stop.")
    static let yes = Flag("yes", short: "y", help: "Do not ask.")

    static let command = Command<CommandContext>(
        name: "init", abstract: "Set up the repository, its keys and the configuration.",
        discussion: """
            Creates what is missing and overwrites nothing, then prints the recovery sheet. The first time it needs to be \
            told where the repository goes (--repository, or repository.path in the configuration). Run again, it says \
            what it found, changes nothing, and prints the sheet again. With --recipient no identity is kept on this \
            host, which the configuration then says: repository.identity_file is none.
            """,
        group: Groups.setUp,
        options: [recipients, adopt, signer, identity, repository, noConfiguration, dryRun, yes],
        examples: [
            Example(["init", "--repository", "/var/lib/infisical-ops/repository"], "The first time."),
            Example(
                [
                    "init", "--adopt", "--repository", "/mnt/backup/infisical", "--signer", "FINGERPRINT",
                    "--identity-file", "identity.txt",
                ], "On a new host, with what the recovery sheet says."),
        ]
    ) { values, context in
        if values.isGiven(signer), !values[adopt] { throw values.refusal(of: signer, "it goes with --adopt") }
        let workplace = try context.workplace(overrides(values), creating: true, envFiles: .whatIsThere)
        var options = InitOperation.Options()
        options.adopt = values[adopt]
        options.signer = values[signer]
        let surroundings = SettingsSurroundings.ofProcess(effects: context.effects)
        let operation = InitOperation(
            workplace, options,
            configurationPath: values[noConfiguration]
                ? nil : Configuration.newPath(named: context.configPath, surroundings))
        let plan = try operation.plan(), steps = lines(plan)
        for note in plan.notes { context.output.warning(note) }
        if values[dryRun], plan.isEmpty { context.output.line("nothing to do") }
        guard
            try (plan.isEmpty && !values[dryRun]) || context.agree(to: steps, dryRun: values[dryRun], yes: values[yes])
        else {
            return try context.endDryRun("init-plan", steps, warnings: plan.notes)
        }
        let report = try operation.perform(plan)
        if report.made.isEmpty {
            context.output.line(
                plan.adopts
                    ? "this host had its keys to \(plan.repository) already; nothing was created"
                    : "the repository \(plan.repository) is set up already; nothing was created or changed")
            for found in report.found { context.output.line("found: \(ControlCharacters.escaped(found))") }
            context.output.line()
        }
        for made in report.made { context.output.line("created: \(made)") }
        if !report.made.isEmpty { context.output.line() }
        RecoverySheet(report).print(context.output)
        for warning in report.warnings { context.output.warning(warning) }
        if let loss = report.identityLoss {
            context.output.warning(loss.message)
            for hint in loss.hints { context.output.hint(hint) }
        }
        try context.output.object(InitResult(report, notes: plan.notes))
        return report.exit
    }

    private static func overrides(_ values: ParsedValues) -> [SettingOverride] {
        var overrides: [SettingOverride] = []
        if let path = values[repository] { overrides.append(SettingOverride(.repository, path, flag: "--repository")) }
        if let path = values[identity] {
            overrides.append(SettingOverride(.identityFile, path, flag: "--identity-file"))
        }
        if !values[recipients].isEmpty {
            let list = values[recipients].joined(separator: ",")
            overrides.append(SettingOverride(.recipients, list, flag: "--recipient"))
        }
        return overrides
    }

    private static func lines(_ plan: InitOperation.Plan) -> [String] {
        var lines: [String] = []
        if plan.makesRepository { lines.append("create a repository in \(plan.repository)") }
        if let path = plan.identity { lines.append("create an identity that can read the backups: \(path)") }
        if plan.adopts { lines.append("take over the repository in \(plan.repository) on this host") }
        if let file = plan.configuration {
            lines.append(
                file.isNew
                    ? "write the configuration \(file.path)"
                    : "add \(file.adds.joined(separator: ", ")) to the configuration \(file.path)")
        }
        return lines
    }
}

extension ValueFormat<String> {
    /// The fingerprint of a signer.
    static var fingerprint: ValueFormat {
        ValueFormat(expected: SettingValue.fingerprintForm) { text -> String? in
            SettingValue.isFingerprint(text) ? text : nil
        }
    }
}
