import Arguments
import DurableFiles
import Faults
import Operations
import Repository
import Results

/// `infisical-ops repository accept`
enum AcceptCommand {
    static let id = Argument(
        "ID", .text.completed(by: .command(["list", "--ids"])),
        help: "The id of a backup, the beginning of one, or latest.")
    static let revoke = Flag("revoke", help: "Revoke an acceptance.")

    static let command = Command<CommandContext>(
        name: "accept", abstract: "Accept a backup that holds less than before, or revoke that.",
        discussion: """
            A backup is shrunk if it holds less than half of what the one before it held, or belongs to another instance. \
            Until you accept it, status does not end with 0, and later backups are compared with the one before it. The \
            acceptance is signed and stored in the repository. One that came to less than half of the most that there was in small \
            steps counts all the same, and is warned of until you accept it or a later one. A backup that is of another instance by mistake is left out \
            with repository reject.
            """,
        arguments: [id], options: [revoke, RepositoryCommand.dryRun, RepositoryCommand.yes],
        examples: [
            Example(["repository", "accept", "latest"], "After half of the projects were deleted on purpose.")
        ]
    ) { values, context in
        let accepts = !values[revoke]
        let workplace = try context.workplace(discovers: false)
        let operation = VerdictOperation(workplace, .accepted, revokes: !accepts)
        let plan = try operation.plan(values[id]), output = context.output
        if accepts, let time = plan.assessment.rejected {
            throw CommandFault.acceptsRejected(plan.entry.id.text, time: time)
        }
        guard plan.isNeeded else {
            output.line("\(plan.entry.id.text) \(idle(plan.assessment, accepts)); nothing to do")
            if values[RepositoryCommand.dryRun] { return try context.endDryRun("repository-accept-plan", []) }
            try output.object(AcceptResult(plan.entry.id, plan.assessment, isChanged: false))
            return .done
        }
        if values[RepositoryCommand.dryRun] { try workplace.requireRepositoryFree(.shared) }
        let steps = steps(plan, accepts)
        guard try context.agree(to: steps, dryRun: values[RepositoryCommand.dryRun], yes: values[RepositoryCommand.yes])
        else {
            return try context.endDryRun("repository-accept-plan", steps)
        }
        let assessment = try operation.perform(plan)
        output.line("\(plan.entry.id.text) is \(assessment.accepted == nil ? "no longer accepted" : "accepted")")
        try output.object(AcceptResult(plan.entry.id, assessment, isChanged: true))
        return .done
    }

    private static func idle(_ assessment: Assessment, _ accepts: Bool) -> String {
        if assessment.losses.isEmpty, assessment.decline == nil { return "is not shrunk" }
        return accepts ? "was accepted at \(assessment.accepted ?? "")" : "was not accepted"
    }

    private static func steps(_ plan: VerdictOperation.Plan, _ accepts: Bool) -> [String] {
        let backup = "the backup \(plan.entry.id.text) (\(plan.entry.manifest.started))"
        if let decline = plan.assessment.decline {
            return [accepts ? "Accept \(backup), which holds:" : "Revoke the acceptance of \(backup), which holds:"]
                + ["  \(decline.text)"]
                + [
                    accepts
                        ? "  from then on later backups are compared with that"
                        : "  it is warned of again, and later backups are compared with what there was"
                ]
        }
        return accepts
            ? ["Accept \(backup), which lacks:"] + plan.assessment.losses.map { "  \($0.text)" }
                + ["  from then on it counts as complete, and later backups are compared with it"]
            : [
                "Revoke the acceptance of \(backup)",
                "  it no longer counts as complete, and later backups are compared with the one before it",
            ]
    }
}
