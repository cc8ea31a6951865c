import Arguments
import DurableFiles
import Faults
import Instance
import InstanceAccess
import InstanceHealth
import Operations
import Results

/// `infisical-ops restart`
enum RestartCommand {
    enum Service: String, CaseIterable, Sendable {
        case backend, redis, db, all
    }

    static let recreate = Flag(
        "recreate",
        help: "Recreate the container with the current values of its env and compose files, from the same image.")
    static let service = Option(
        "service", value: "NAME", .oneOf(Service.self),
        whenAbsent: "all; backend with --recreate", help: "What to restart: backend, redis, db or all.")
    static let timeout = Option(
        "timeout", value: "DURATION", .duration, whenAbsent: "2m", help: "How long each part may take to come up.")
    static let dryRun = Flag("dry-run", short: "n", help: "Print the plan and stop.")
    static let yes = Flag("yes", short: "y", help: "Do not ask.")

    static let command = Command<CommandContext>(
        name: "restart", abstract: "Restart the containers in sequence; each must work before the next is started.",
        discussion: """
            A container keeps the environment it was created with, so an edited env file takes effect only with --recreate. \
            That is refused when the compose project would change more than values; nothing is built or pulled, and no \
            other service is touched.
            """,
        group: Groups.instance, options: [recreate, service, timeout, dryRun, yes],
        examples: [
            Example(["restart"], "Database, Redis and backend, in this order."),
            Example(["restart", "--recreate"], "After the env file was edited."),
        ]
    ) { values, context in
        var options = RestartOperation.Options()
        options.recreates = values[recreate]
        switch values[service] ?? (values[recreate] ? .backend : .all) {
        case .backend: options.roles = [.backend]
        case .redis: options.roles = [.redis]
        case .db: options.roles = [.database]
        case .all: options.roles = []
        }
        if let limit = values[timeout] { options.timeout = limit }
        let workplace = try context.workplace()
        let operation = RestartOperation(workplace, options)
        let plan = try operation.plan()
        if values[dryRun] { try workplace.requireFree(.instance) }
        for warning in plan.warnings { context.output.warning(warning) }
        guard try context.agree(to: plan.steps, dryRun: values[dryRun], yes: values[yes]) else {
            return try context.endDryRun(
                "restart-plan", plan.steps, warnings: plan.warnings,
                exit: plan.uncheckable == nil ? .done : .unhealthy, plan.uncheckable)
        }
        do {
            let report = try operation.perform(plan) { context.output.line($0) }
            HealthText.show(report, context.output)
            try context.output.object(RestartResult(report, warnings: plan.warnings))
            return report.exit
        } catch {
            // Where others were left stopped, that stands around it.
            if case InstanceFault.unhealthy = (error as? Failure)?.cause ?? error { try showLogs(context) }
            throw error
        }
    }

    /// What the containers printed last, on the way to the fault that follows.
    private static func showLogs(_ context: CommandContext) throws {
        let workplace = try context.workplace()
        if workplace.instance.containers == nil { return }
        try LogsOperation(workplace, tail: 20, since: nil).perform { entry in
            context.output.line("  \(Columns.left(entry.role.rawValue, 8))  \(ControlCharacters.escaped(entry.text))")
            return context.output.fault == nil
        }
    }
}
