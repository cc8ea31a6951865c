import Arguments
import Faults
import Operations
import Repository
import Results

/// `infisical-ops repository accept`
enum AcceptCommand {
    static let id = Argument(
        "ID", .text.completed(by: .command(["list", "--ids"])), help: "A backup's id, the beginning of one, or latest.")
    static let revoke = Flag("revoke", help: "Take an acceptance back.")

    static let command = Command<CommandContext>(
        name: "accept", abstract: "Accept a backup that is shrunk, or take that back.",
        discussion: """
            A backup is shrunk when less than half is left of what the one before held, or when it is of another \
            instance. Until somebody has looked at it and accepted it, status is not green, and later backups are \
            compared with the one before it. What is accepted is written into the repository and signed.
            """,
        arguments: [id], options: [revoke, RepositoryCommand.dryRun, RepositoryCommand.yes],
        examples: [
            Example(["repository", "accept", "latest"], "After half of the projects were deleted on purpose.")
        ]
    ) { values, context in
        let accepts = !values[revoke]
        let operation = AcceptOperation(try context.workplace(discovers: false), accepts: accepts)
        let plan = try operation.plan(values[id]), output = context.output
        guard plan.isNeeded else {
            output.line("\(plan.entry.id.text) \(idle(plan.assessment, accepts)); nothing to do")
            try output.object(AcceptResult(plan.entry.id, plan.assessment, isChanged: false))
            return .done
        }
        let steps = steps(plan, accepts)
        guard try context.agree(to: steps, dryRun: values[RepositoryCommand.dryRun], yes: values[RepositoryCommand.yes])
        else {
            try output.object(PlanResult("repository-accept-plan", steps: steps))
            return .done
        }
        let assessment = try operation.perform(plan)
        output.line("\(plan.entry.id.text) is \(assessment.isShrunk ? "not accepted any more" : "accepted")")
        try output.object(AcceptResult(plan.entry.id, assessment, isChanged: true))
        return .done
    }

    private static func idle(_ assessment: Assessment, _ accepts: Bool) -> String {
        if assessment.losses.isEmpty { return "is not shrunk" }
        return accepts ? "was accepted at \(assessment.accepted ?? "")" : "was not accepted"
    }

    private static func steps(_ plan: AcceptOperation.Plan, _ accepts: Bool) -> [String] {
        let backup = "the backup \(plan.entry.id.text) (\(plan.entry.manifest.finished))"
        return accepts
            ? ["Accept \(backup), in which is missing:"] + plan.assessment.losses.map { "  \($0.text)" }
                + ["  it counts from then on, and later backups are compared with it"]
            : [
                "Take back that \(backup) was accepted",
                "  it counts for nothing any more, and later backups are compared with the one before it",
            ]
    }
}
