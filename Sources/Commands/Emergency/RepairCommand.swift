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
            remain incomplete are listed. A backup whose manifest is gone can only come back from another copy of the \
            repository (--from); without one it is given up, which the plan says, and the exit code is 2.
            """,
        group: Groups.emergency, options: [from, identity, dryRun, yes]
    ) { values, context in
        var options = RepairOperation.Options()
        options.from = values[from]
        options.identityFile = values[identity]
        let output = context.output
        let workplace = try context.workplace(discovers: false)
        let outcome = try RepairOperation(workplace, options).perform(
            progress: Verification.Progress()
        ) { plan in
            let agreed = try context.agree(
                to: lines(plan, usesCopy: values.isGiven(from)), dryRun: values[dryRun], yes: values[yes])
            // What cannot be opened is repaired first, and has a plan of its own.
            if agreed { context.question.noteChange() }
            return agreed
        }
        let plan = outcome.plan, usesCopy = values.isGiven(from)
        let exit: ExitCode = plan.loss == nil ? .done : .partial
        if values[dryRun], !plan.isEmpty { try workplace.requireRepositoryFree(.exclusive) }
        if let shallow = outcome.shallow { output.warning(shallow) }
        if plan.isEmpty {
            // What is missing cannot be moved away, but it is missing all the same.
            output.line(exit == .done ? "nothing to repair" : "nothing here that can be repaired")
            for line in lines(plan, usesCopy: usesCopy) { output.line(line) }
        }
        if outcome.done {
            output.line(plan.loss.map { "done, but \($0)" } ?? "repaired; to check it, run: infisical-ops verify --all")
        }
        // What does not end with 0 says why.
        if let loss = plan.loss, output.quiet, !values[dryRun] { output.warning(loss) }
        if values[dryRun] {
            context.forecast(exit, plan.loss)
        } else {
            for line in Advice.remaining(plan, usedCopy: usesCopy) { output.line(line) }
        }
        try output.object(RepairResult(outcome, exit: exit))
        return exit
    }

    private static func lines(_ plan: RepairPlan, usesCopy: Bool) -> [String] {
        plan.fetched.map { "take \($0) from the other copy" }
            + plan.quarantined.map { "move \($0) to quarantine/" }
            + plan.resealed.map { "rewrite \($0)" }
            + plan.removed.map { "remove \($0)" }
            + plan.acknowledged.map {
                "give up backup number \($0.sequence)\($0.id.map { ", \($0.text)" } ?? ""): record that its manifest is gone for good"
            }
            + (plan.acknowledged.isEmpty || usesCopy
                ? [] : ["  first look for another copy of the repository, which may still have it; \(Advice.fromCopy)"])
            + plan.incompleteInOrder.map {
                "backup \($0.id.text) remains incomplete: it lacks \(Units.counted($0.count, "file"))"
            }
            + plan.unmendable.map { "nothing mends this: \($0)" }
    }
}
