import Arguments
import Faults
import InstanceAccess
import InstanceData
import Operations
import Repository
import Results
import Settings

/// `infisical-ops keys retire`
enum KeysRetireCommand {
    static let label = Argument("LABEL", .text, help: "The label of the key, as keys ledger shows it.")
    static let revoke = Flag("revoke", help: "Take back that it was retired.")
    static let dryRun = Flag("dry-run", short: "n", help: "Print the plan and stop.")
    static let yes = Flag("yes", short: "y", help: "Do not ask.")

    static let command = Command<CommandContext>(
        name: "retire", abstract: "Note that a key is of no use any more, or take that back.",
        discussion: """
            Refused while the key is in force, and while a backup needs it that does not keep it itself among its escrow \
            files. Nothing is deleted, and backups that keep the key can be restored as before: it is noted on this host, \
            where keys ledger shows it, that no other copy of the key has to be kept.
            """,
        arguments: [label], options: [revoke, dryRun, yes],
        examples: [
            Example(
                ["keys", "retire", "c5e8ea8f4dc7dca30718c670d50b3e19"],
                "When the last backup under an earlier key is gone.")
        ]
    ) { values, context in
        let output = context.output, workplace = try context.keyedWorkplace()
        let operation = KeysRetireOperation(workplace, revokes: values[revoke])
        let plan = try operation.plan(values[label])
        for warning in plan.warnings { output.warning(warning) }
        guard plan.isNeeded else {
            let idle = plan.retired.map { "was retired at \($0)" } ?? "was not retired"
            output.line("the key \(plan.label) \(idle); nothing to do")
            try output.object(KeysRetireResult(plan, retired: plan.retired))
            return .done
        }
        if values[dryRun] { try workplace.requireFree(.instance) }
        let steps = steps(plan)
        guard try context.agree(to: steps, dryRun: values[dryRun], yes: values[yes]) else {
            return try context.endDryRun("keys-retire-plan", steps, warnings: plan.warnings)
        }
        let retired = try operation.perform(plan)
        output.line("the key \(plan.label) is \(retired == nil ? "no longer retired" : "retired")")
        try output.object(KeysRetireResult(plan, retired: retired))
        return .done
    }

    private static func steps(_ plan: KeysRetireOperation.Plan) -> [String] {
        if plan.revokes {
            return ["Take back that the key \(plan.label) is retired", "  keys ledger shows it as before"]
        }
        let backups = plan.neededBy.count
        let standing =
            switch backups {
            case 0: "no backup here needs it"
            case 1: "the backup \(plan.neededBy[0].text) needs it, and keeps it itself"
            default: "\(backups) backups need it, and each of them keeps it itself"
            }
        return [
            "Retire the key \(plan.label)", "  \(standing)",
            "  keys ledger shows it as retired, and --revoke takes that back",
            "  nothing is deleted, neither here nor where else the key is kept",
        ]
    }
}
