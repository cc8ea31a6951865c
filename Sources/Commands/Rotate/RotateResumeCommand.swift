import Arguments
import Faults
import Operations
import Results
import Rotating
import Rotation

/// `infisical-ops rotate resume` and `infisical-ops rotate rollback`
enum RotateResumeCommand {
    private static let fromRepository = Flag(
        "from-repository", help: "Take the keys out of the repository, where the state folder was lost.")
    private static let identityFile = Option(
        "identity-file", value: "FILE", .file, whenAbsent: "the configured one",
        help: "Identity that opens them, with --from-repository.")

    static let resume = Command<CommandContext>(
        name: "resume", abstract: "Finish a rotation that was stopped, in the direction that is possible.",
        discussion: """
            Goes on where the last run stopped, after asking the server, the env files and the container what was done. \
            One that was on its way back goes on back. At boot it is run by infisical-ops-resume.service.
            """,
        options: [fromRepository, identityFile, RotateCommand.timeout, RotateCommand.dryRun, RotateCommand.yes],
        examples: [Example(["rotate", "resume"], "After the host was restarted in the middle.")]
    ) { values, context in try go(on: false, values, context) }

    static let rollback = Command<CommandContext>(
        name: "rollback", abstract: "Take a rotation back that was stopped: everything as it was.",
        discussion: """
            The same rotation with the keys exchanged, from the rows as they are now: what was written meanwhile keeps its \
            content. A rotation that is done cannot be taken back; rotate to the old key with --new-key-file.
            """,
        options: [fromRepository, identityFile, RotateCommand.timeout, RotateCommand.dryRun, RotateCommand.yes],
        examples: [Example(["rotate", "rollback"], "Put the old key back everywhere.")]
    ) { values, context in try go(on: true, values, context) }

    private static func go(on back: Bool, _ values: ParsedValues, _ context: CommandContext) throws -> ExitCode {
        let workplace = try context.workplace(envFiles: .whatIsThere)
        let operation = RotateCommand.operation(workplace, values)
        let rescue =
            values[fromRepository] ? RotationOperation.Rescue(identityFile: values[identityFile]) : nil
        let open = try operation.open()
        let status = try RotationStatus(workplace.instance)
        if open == nil, rescue != nil {
            if status.lost == nil { throw RotationRefusal.nothingOpen }
            let steps = [
                "Take the keys of the open rotation out of the repository, and ask database, env files and container what was done",
                back ? "  put everything back as it was" : "  finish it; if that fails, put everything back as it was",
            ]
            return try go(operation, back, rescue, steps, values, context)
        }
        guard let open else {
            if let lost = status.lost { throw lost }
            if back { throw RotationRefusal.nothingOpen }
            // At boot that is the usual case.
            let isCleared = try !values[RotateCommand.dryRun] && operation.clearPast()
            context.output.line(
                "no rotation is open; "
                    + (isCleared
                        ? "the keys of one that has ended are removed from the repository" : "nothing to do"))
            try context.output.object(RotateStatusResult(status))
            return .done
        }
        let standing = status.standing(open)
        if back, standing.isCommitted { throw RotationFault.committed(title: open.work.title) }
        let goesBack = back || RotationMachine(open.state, route: open.work.route).goesBack
        let steps = [
            "\(open.work.title) is open: \(standing.text)",
            goesBack ? "  put everything back as it was" : "  finish it; if that fails, put everything back as it was",
        ]
        return try go(operation, back, rescue, steps, values, context, left: goesBack ? nil : status.left)
    }

    /// - Parameter left: what is known to be left to be done at its end.
    private static func go(
        _ operation: RotationOperation, _ back: Bool, _ rescue: RotationOperation.Rescue?, _ steps: [String],
        _ values: ParsedValues, _ context: CommandContext, left: String? = nil
    ) throws -> ExitCode {
        guard try context.agree(to: steps, dryRun: values[RotateCommand.dryRun], yes: values[RotateCommand.yes]) else {
            return try context.endDryRun("rotate-plan", steps, exit: left == nil ? .done : .partial, left)
        }
        let report = try ProgressLine.during("rotate", output: context.output) { progress in
            try operation.resume(back: back, fromRepository: rescue, progress: progress) { context.output.line($0) }
        }
        return try RotateCommand.show(report, context)
    }
}
