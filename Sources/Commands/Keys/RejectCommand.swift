import Arguments
import DurableFiles
import Faults
import InfisicalData
import InstanceAccess
import Operations
import Repository
import Results

/// `infisical-ops repository reject`
enum RejectCommand {
    static let id = Argument(
        "ID", .text.completed(by: .command(["list", "--ids"])),
        help: "The id of a backup, or the beginning of one.")
    static let revoke = Flag("revoke", help: "Let the backup count again.")

    static let command = Command<CommandContext>(
        name: "reject", abstract: "Leave out a backup that is not of this instance, or of no use, or revoke that.",
        discussion: """
            For a backup that was taken while the address led to another instance, and for one that no key opens. From then on it counts for nothing: it \
            is never latest, status and export pass it over, and later backups are not compared with it. It stays in the \
            repository, and can be restored by its id. The rejection is signed and stored in the repository.
            """,
        arguments: [id], options: [revoke, RepositoryCommand.dryRun, RepositoryCommand.yes],
        examples: [
            Example(
                ["repository", "reject", "20261128T020000Z"],
                "After a backup of the staging instance was taken by mistake.")
        ]
    ) { values, context in
        let revokes = values[revoke], output = context.output
        // Which one that is changes with the rejection: said twice, it would reject a good one.
        guard values[id] != "latest" else { throw CommandFault.latestRejected }
        let workplace = try context.workplace(discovers: false)
        let operation = VerdictOperation(workplace, .rejected, revokes: revokes)
        let plan = try operation.plan(values[id]), backup = plan.entry.id
        guard plan.isNeeded else {
            let idle = plan.assessment.rejected.map { "was rejected at \($0)" } ?? "was not rejected"
            output.line("\(backup.text) \(idle); nothing to do")
            if values[RepositoryCommand.dryRun] { return try context.endDryRun("repository-reject-plan", []) }
            try output.object(RejectResult(backup, plan.assessment, isChanged: false))
            return .done
        }
        if values[RepositoryCommand.dryRun] { try workplace.requireRepositoryFree(.shared) }
        let steps = steps(plan, revokes: revokes)
        guard try context.agree(to: steps, dryRun: values[RepositoryCommand.dryRun], yes: values[RepositoryCommand.yes])
        else {
            return try context.endDryRun("repository-reject-plan", steps)
        }
        let assessment = try operation.perform(plan)
        output.line("\(backup.text) is \(assessment.isRejected ? "rejected" : "no longer rejected")")
        try output.object(RejectResult(backup, assessment, isChanged: true))
        return .done
    }

    private static func isClosed(_ plan: VerdictOperation.Plan) -> Bool {
        plan.entry.manifest.infisical?.keyStanding(isElsewhere: false).isWrong ?? false
    }

    private static func steps(_ plan: VerdictOperation.Plan, revokes: Bool) -> [String] {
        let backup = "the backup \(plan.entry.id.text) (\(plan.entry.manifest.started))"
        if revokes {
            return [
                "Revoke the rejection of \(backup)",
                "  it is compared with the one before it again, and later backups with it if it counts",
            ]
        }
        return [
            "Reject \(backup), as not of this instance\(isClosed(plan) ? ", or as one that no key opens" : "")",
            "  from then on it is never latest, and later backups are not compared with it",
            "  it stays in the repository, and --revoke lets it count again",
        ] + (plan.assessment.counts ? ["  it counts now: nothing in it tells of another instance"] : [])
            + (isClosed(plan) ? ["  verify and keys check no longer ask for its key"] : [])
            + (plan.leavesAnother ? [] : ["  no other backup here counts: take one of the right instance"])
    }
}
