import Arguments
import DurableFiles
import Faults
import Operations
import Results
import Rotating
import Rotation

/// `infisical-ops rotate`
enum RotateCommand {
    static let timeout = Option(
        "timeout", value: "DURATION", .duration, whenAbsent: "2m",
        help: "How long the instance may take until it works again; then everything is put back.")
    static let dryRun = Flag("dry-run", short: "n", help: "Print the plan and stop.")
    private static let storedCopies = Option(
        "stored-copies", value: "HOW", .oneOf(StoredCopies.Treatment.self),
        whenAbsent: "refuse where one would be in force again",
        help: """
            What becomes of secrets inside of Infisical that hold the old value and are called as the variable is: update gives \
            them the new value, and remove deletes them, both through Infisical as the machine identity of the configuration; \
            list names them at the end, as all others are.
            """)
    private static let storedCopy = Option(
        "stored-copy", value: "PLACE", .text,
        help: """
            A secret that --stored-copies update or remove is to take as well, whatever it is called, as the plan names it: \
            PROJECT/ENVIRONMENT/FOLDER/NAME; may be repeated.
            """
    ).repeated()
    /// What becomes of the copies, as every rotation takes it.
    static let copies: [any OptionDeclaring] = [storedCopies, storedCopy]
    static let yes = Flag("yes", short: "y", help: "Do not ask.")

    static let command = Command<CommandContext>(
        name: "rotate", abstract: "Replace a key or secret of the instance, with the data, or put everything back.",
        discussion: """
            A rotation takes a backup, changes the data, the env file and the container, and tries the new value on the \
            running instance. Whatever fails until then puts everything back. One that was killed is finished by rotate \
            resume, or taken back by rotate rollback; until then every other change of the instance is refused.
            """,
        group: Groups.keys,
        subcommands: [
            RotateEncryptionKeyCommand.command, RotateAuthSecretCommand.command,
            RotateDatabasePasswordCommand.command, RotateStatusCommand.command, RotateResumeCommand.resume,
            RotateResumeCommand.rollback,
        ])

    static func choice(_ values: ParsedValues) throws -> StoredCopies.Choice {
        let choice = StoredCopies.Choice(values[storedCopies], places: values[storedCopy])
        if !choice.places.isEmpty, choice.treatment == nil || choice.treatment == .list {
            throw values.refusal(of: storedCopy, "it goes with --stored-copies update or remove")
        }
        return choice
    }

    /// Shows a plan, asks, and carries it out.
    ///
    /// - Parameter verify: what else is asked of whoever agreed, before anything changes.
    static func run(
        _ plan: RotationPlan, _ workplace: Workplace, _ values: ParsedValues, _ context: CommandContext,
        verify: () throws -> Void = {}
    ) throws -> ExitCode {
        for warning in plan.warnings { context.output.warning(warning) }
        guard try context.agree(to: plan.steps, dryRun: values[dryRun], yes: values[yes]) else {
            return try context.endDryRun(
                "rotate-plan", plan.steps, warnings: plan.warnings, exit: plan.exit, plan.reason)
        }
        try verify()
        let operation = operation(workplace, values)
        let report = try ProgressLine.during("rotate", output: context.output) { progress in
            try operation.perform(plan, progress: progress) { context.output.line($0) }
        }
        return try show(report, context)
    }

    static func operation(_ workplace: Workplace, _ values: ParsedValues) -> RotationOperation {
        var options = RotationOperation.Options()
        if let limit = values[timeout] { options.timeout = limit }
        return RotationOperation(workplace, options)
    }

    static func show(_ report: RotationOperation.Report, _ context: CommandContext) throws -> ExitCode {
        let output = context.output.speaking(of: report.exit)
        for text in report.left { output.warning(text) }
        if let count = report.rewritten {
            output.line(
                count == 0
                    ? "the root key is encrypted with the new key; nothing else was under the old one"
                    : "the root key and \(count) values are encrypted with the new key")
        }
        if report.swept > 0 { output.line("\(report.swept) of them were written under the old key meanwhile") }
        if let seconds = report.downtime { output.line("Infisical was down for \(Int(seconds.rounded(.up))) s") }
        if let backup = report.backupAfter { output.line("the backup \(backup) keeps the new value") }
        output.line(
            report.isRotated
                ? "\(report.work.title) is done" : "\(report.work.title) was taken back: everything is as it was")
        try context.output.object(RotateResult(report))
        return report.exit
    }
}
