import Arguments
import DurableFiles
import Faults
import Operations
import Repository
import Results

/// `infisical-ops repository`
enum RepositoryCommand {
    static let identity = Option("identity-file", value: "FILE", .file, help: "The identity that reads the backups.")
    static let dryRun = Flag("dry-run", short: "n", help: "Print the plan and stop.")
    static let yes = Flag("yes", short: "y", help: "Do not ask.")
    static let list = Argument("RECIPIENT", .text, help: "The new recipients (age1…), which replace the present ones.")
        .repeated(whenAbsent: "show them")

    static let command = Command<CommandContext>(
        name: "repository", abstract: "Change who can read the backups, and which of them count.", group: Groups.keys,
        subcommands: [recipients, rekey, AcceptCommand.command, RejectCommand.command])

    static let recipients = Command<CommandContext>(
        name: "recipients", abstract: "Show or replace the recipients of the repository.",
        discussion: """
            Rewrites the small key files, never chunks: old and new backups are then readable by the new recipients. \
            Anyone who kept a copy of the old key files can still open them; rekey excludes them from new backups.
            """,
        arguments: [list], options: [identity, dryRun, yes]
    ) { values, context in
        let workplace = try context.workplace(discovers: false)
        let operation = RecipientsOperation(workplace, identityFile: values[identity])
        let before = try operation.current(), after = values[list]
        if after.isEmpty {
            for recipient in before { context.output.asked.line(recipient) }
            try context.output.object(RecipientsResult(before))
            return .done
        }
        let notes = try operation.notes(after)
        var plan =
            before.filter { !after.contains($0) }.map { "remove \($0)" }
            + after.filter { !before.contains($0) }.map { "add \($0)" }
        // Not nothing: it finishes a change that was cut off.
        if plan.isEmpty { plan = ["reseal the key files for the same recipients"] }
        if values[dryRun] {
            try operation.rehearse(to: after)
            try workplace.requireRepositoryFree(.exclusive)
        }
        for note in notes { context.output.warning(note) }
        guard try context.agree(to: plan, dryRun: values[dryRun], yes: values[yes]) else {
            return try context.endDryRun("repository-recipients-plan", plan, warnings: notes)
        }
        try operation.change(to: after)
        let changed = try operation.current()
        context.output.line("the repository is readable by \(Units.counted(changed.count, "recipient"))")
        let isChanged = Set(before) != Set(changed)
        if isChanged {
            // Who opens it decides what an old sheet is worth.
            context.output.line("the recovery sheet that you have names others; print this one, and destroy the old:")
            context.output.line()
            try RecoverySheet(workplace).print(context.output)
        } else {
            context.output.line("they are those that it had: the recovery sheet stays as it is")
        }
        try context.output.object(RecipientsResult(changed, warnings: notes, isChanged: isChanged))
        return .done
    }

    static let rekey = Command<CommandContext>(
        name: "rekey", abstract: "Start a new repository key; the next backup is full.", options: [dryRun, yes]
    ) { values, context in
        let plan = ["create a new repository identity and id key; the next backup is a full one"]
        let workplace = try context.workplace(discovers: false)
        let operation = RecipientsOperation(workplace, identityFile: nil)
        try operation.requireRekey()
        if values[dryRun] { try workplace.requireRepositoryFree(.exclusive) }
        guard try context.agree(to: plan, dryRun: values[dryRun], yes: values[yes]) else {
            return try context.endDryRun("repository-rekey-plan", plan)
        }
        let generation = try operation.rekey()
        context.output.line("key generation \(generation.number), recipient \(generation.recipient)")
        context.output.line(
            "the identity and the recovery sheet stay as they are; to print the sheet, run: infisical-ops init")
        try context.output.object(RekeyResult(generation: generation.number, recipient: generation.recipient))
        return .done
    }
}
