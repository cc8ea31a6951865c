import Arguments
import DurableFiles
import Faults
import InstanceHealth
import Operations
import Recovering
import Results
import Settings
import Synchronization

/// `infisical-ops recover`
enum RecoverCommand {
    static let id = Argument(
        "ID", .text.completed(by: .command(["list", "--ids"])),
        help: "The id of a backup, the beginning of one, or latest."
    ).defaulting(to: "latest")
    static let repository = Option(
        "repository", value: "DIR", .folder, whenAbsent: "the configured one",
        help: "The folder of the repository, or of a copy of it.")
    static let signer = Option(
        "signer", value: "FINGERPRINT", .fingerprint, whenAbsent: "the configured one",
        help: "The fingerprint on the recovery sheet; nothing that others signed is used.")
    static let identity = Option("identity-file", value: "FILE", .file, help: "The identity that reads the backups.")
    static let into = Option(
        "into", value: "DIR", .folder, whenAbsent: "where it was on the lost host",
        help: "The folder of the compose project.")
    static let overwrite = Flag("overwrite", help: "Replace files that are there with other content.")
    static let keepExisting = Flag("keep-existing", help: "Go on with files that are there with other content.")
    static let keepKeys = Flag(
        "keep-keys",
        help: "Put a key in force again that was retired (`keys retire`); else a new one takes its place.")
    static let locale = Option(
        "locale", value: "LOCALE", .text, whenAbsent: "the backup's",
        help: "Locale of the new database, for a server that lacks the backup's. Text may then sort in another order.")
    static let jobs = Option(
        "jobs", short: "j", value: "N", .wholeNumber(1...64), whenAbsent: "the configured number",
        help: "Number of parallel connections.")
    static let timeout = Option(
        "timeout", value: "DURATION", .duration, whenAbsent: "3m", help: "How long each part may take to come up.")
    static let rehearse = Flag(
        "rehearse",
        help:
            "Do the same in a scratch folder and in containers without a network, measure it, and remove everything again."
    )
    static let dryRun = Flag("dry-run", short: "n", help: "Check everything, print the plan, and stop.")
    static let yes = Flag("yes", short: "y", help: "Do not ask.")

    static let command = Command<CommandContext>(
        name: "recover", abstract: "Bring a lost instance back on a new host, from the repository and the identity.",
        discussion: """
            Puts the env and compose files back, creates the database's container with an empty volume, restores the \
            backup into it, then creates the other containers one after the other, and tries every ciphertext. Before \
            anything is created, Compose must accept the files, and the key in them must be the one that the data needs.

            An instance that is there already is never touched: containers of the project, or a volume or folder with data \
            in it, are a refusal. A run that was stopped or killed is continued by the same command.

            Where somebody has retired a key that the backup keeps, and this host's state knows it, the data is encrypted with \
            a new one, which is written into the env file, before the backend is started.

            With --rehearse nothing of this host is used but its engine and images. The time that it prints is what a \
            recovery takes; the age of the data is what it would lose.
            """,
        group: Groups.emergency, arguments: [id],
        options: [
            repository, signer, identity, into, overwrite, keepExisting, keepKeys, locale, jobs, timeout,
            rehearse, dryRun, yes,
        ],
        choices: [
            .atMostOne(overwrite, keepExisting), .atMostOne(rehearse, into), .atMostOne(rehearse, overwrite),
            .atMostOne(rehearse, keepExisting), .atMostOne(rehearse, keepKeys),
        ],
        examples: [
            Example(
                [
                    "recover", "--repository", "/mnt/backup/infisical", "--identity-file", "identity.txt", "--signer",
                    "FINGERPRINT",
                ], "On a new host, with what the recovery sheet says."),
            Example(["recover", "--rehearse"], "How long that would take."),
        ]
    ) { values, context in
        var options = RecoverOperation.Options()
        options.id = values[id]
        options.identityFile = values[identity]
        options.folder = try values[into].map { try absolute($0, context) }
        options.overwrites = values[overwrite]
        options.keepsExisting = values[keepExisting]
        options.keepsKeys = values[keepKeys]
        options.locale = values[locale]
        options.jobs = values[jobs]
        if let limit = values[timeout] { options.timeout = limit }
        var overrides: [SettingOverride] = []
        if let path = values[repository] { overrides.append(SettingOverride(.repository, path, flag: "--repository")) }
        if let print = values[signer] { overrides.append(SettingOverride(.signer, print, flag: "--signer")) }
        // Nothing of an instance that this host has is looked at.
        let workplace = try context.workplace(overrides, discovers: false)
        // A later run, from another folder, is told of it, too.
        options.identityFile = try options.identityFile.map { try absolute($0, context) }
        let operation = RecoverOperation(workplace, options)
        if values[rehearse] { return try rehearsal(operation, dryRun: values[dryRun], context) }
        let plan = try operation.plan()
        if values[dryRun] {
            try workplace.requireFree(.instance)
            try workplace.requireRepositoryFree(.shared)
        }
        for warning in plan.warnings { context.output.warning(warning) }
        guard try context.agree(to: plan.steps, dryRun: values[dryRun], yes: values[yes]) else {
            let exit: ExitCode = plan.warnings.isEmpty ? .done : .partial
            return try context.endDryRun(
                "recover-plan", plan.steps, warnings: plan.warnings, exit: exit, plan.warnings.first)
        }
        let report = try ProgressLine.during("restore", output: context.output) { progress in
            try operation.perform(plan, progress: progress) { context.output.line($0) }
        }
        try show(report, context.output.speaking(of: report.exit))
        return report.exit
    }

    /// The folder as it is from everywhere: Compose is told of it, and a later run.
    private static func absolute(_ folder: String, _ context: CommandContext) throws -> String {
        let files = Files(effects: context.effects)
        if folder.hasPrefix("/") { return files.normalised(folder) }
        let working = SettingsSurroundings.ofProcess(effects: context.effects).workingFolder
        return files.normalised(Files.join(working, folder))
    }

    private static func show(_ report: RecoverOperation.Report, _ output: Output) throws {
        let result = RecoverResult(report)
        HealthText.show(report.health, output)
        output.line(CensusText.verdict(report.census, output))
        for warning in result.census.warnings { output.warning(warning) }
        LossText.show(report.losses, output)
        output.line(
            "recovered from \(report.backup) into \(ControlCharacters.escaped(report.folder)), compose project "
                + ControlCharacters.escaped(report.project))
        showTimes(report.phases, report.seconds, report.dataAge, output)
        for hint in result.hints { output.line(hint) }
        try output.object(result)
    }

    private static func showTimes(
        _ phases: [RecoveryPhases.Phase], _ seconds: Double, _ age: Int64, _ output: Output
    ) {
        let parts = phases.map { "\($0.name) \(Units.seconds($0.seconds))" }.joined(separator: ", ")
        output.line("time       \(Units.seconds(seconds)) (RTO): \(parts)")
        output.line("data age   \(Units.age(age)) (RPO)")
    }

    private static func rehearsal(
        _ operation: RecoverOperation, dryRun: Bool, _ context: CommandContext
    ) throws -> ExitCode {
        let rehearsal = RecoveryRehearsal(operation), plan = try rehearsal.plan()
        for warning in plan.warnings { context.output.warning(warning) }
        if dryRun {
            for step in plan.steps { context.output.line(step) }
            let exit: ExitCode = plan.warnings.isEmpty ? .done : .partial
            return try context.endDryRun(
                "recover-rehearsal-plan", plan.steps, warnings: plan.warnings, exit: exit, plan.warnings.first)
        }
        let report = try ProgressLine.during("rehearsal", output: context.output) { progress in
            try rehearsal.perform(plan, progress: progress) { context.output.line($0) }
        }
        let output = context.output.speaking(of: report.exit), result = RehearsalResult(report)
        output.line(CensusText.verdict(report.census, output))
        for warning in result.census.warnings { output.warning(warning) }
        LossText.show(report.losses, output)
        output.line("Infisical answered after \(Units.seconds(report.bootSeconds))")
        if report.readCanary { output.line("a secret was read back through it, and is the one in the backup") }
        showTimes(report.phases, report.seconds, report.dataAge, output)
        for note in report.notes { output.line(note) }
        try output.object(result)
        return report.exit
    }
}
