import Arguments
import DurableFiles
import Faults
import Operations
import Repository
import Results
import Synchronization

/// `infisical-ops repair`
enum RepairCommand {
    static let from = Option(
        "from", value: "DIR", .folder, help: "Another copy of the repository, to take undamaged files from.")
    static let identity = Option("identity-file", value: "FILE", .file, help: "The identity that reads the backups.")
    static let dryRun = Flag("dry-run", short: "n", help: "Print the plan and stop.")
    static let yes = Flag("yes", short: "y", help: "Do not ask.")

    static let command = Command<CommandContext>(
        name: "repair", abstract: "Move damaged files aside, so that the next backup can replace them.",
        discussion: """
            Damaged files are moved to quarantine/ in the repository; nothing but temporary files is deleted. Backups that \
            remain incomplete are listed.
            """,
        group: Groups.emergency, options: [from, identity, dryRun, yes]
    ) { values, context in
        var options = RepairOperation.Options()
        options.from = values[from]
        options.identityFile = values[identity]
        let output = context.output
        let workplace = try context.workplace(discovers: false)
        let (plan, done) = try RepairOperation(workplace, options).perform(
            progress: Verification.Progress()
        ) { plan in
            let agreed = try context.agree(to: lines(plan), dryRun: values[dryRun], yes: values[yes])
            // What cannot be opened is repaired first, and has a plan of its own.
            if agreed { context.question.noteChange() }
            return agreed
        }
        let exit: ExitCode = plan.incomplete.isEmpty ? .done : .partial
        if values[dryRun], !plan.isEmpty { try workplace.requireRepositoryFree(.exclusive) }
        if plan.isEmpty {
            // What is missing cannot be moved away, but it is missing all the same.
            output.line(plan.incomplete.isEmpty ? "nothing to repair" : "nothing here that can be repaired")
            for line in lines(plan) { output.line(line) }
        }
        if done {
            output.line(
                plan.incomplete.isEmpty
                    ? "repaired; to check it, run: infisical-ops verify --all"
                    : "done, but \(Units.counted(plan.incomplete.count, "backup")) cannot be restored as a whole: "
                        + plan.incompleteInOrder.map(\.id.text).joined(separator: ", "))
        }
        if values[dryRun] {
            context.forecast(exit, exit == .done ? nil : "not every backup can be restored as a whole")
        } else {
            for line in Advice.remaining(plan, usedCopy: values[from] != nil) { output.line(line) }
        }
        try output.object(RepairResult(plan, done: done, exit: exit))
        return exit
    }

    private static func lines(_ plan: RepairPlan) -> [String] {
        plan.fetched.map { "take \($0) from the other copy" }
            + plan.quarantined.map { "move \($0) to quarantine/" }
            + plan.resealed.map { "rewrite \($0)" }
            + plan.removed.map { "remove \($0)" }
            + plan.acknowledged.map { "record that backup number \($0.sequence) is gone for good" }
            + plan.incompleteInOrder.map {
                "backup \($0.id.text) remains incomplete: it lacks \(Units.counted($0.count, "file"))"
            }
    }
}
