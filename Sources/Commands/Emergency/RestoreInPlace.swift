import Arguments
import DurableFiles
import Faults
import InPlace
import InstanceHealth
import Operations
import Results
import Rotating
import Synchronization

/// `infisical-ops restore --in-place`
enum RestoreInPlace {
    /// - Parameter replacesOther: whether the database of another instance may be replaced without a question.
    static func run(
        _ options: InPlaceRestore.Options, replacesOther: Bool, dryRun: Bool, yes: Bool, _ context: CommandContext
    ) throws -> ExitCode {
        let workplace = try context.workplace()
        var options = options
        options.exchange = CopyExchange(workplace, identityFile: options.identityFile)
        if dryRun { try workplace.requireFree(.instance) }
        var operation = InPlaceRestore(workplace, options)
        if let left = try operation.unfinished() {
            // An undo is of one restore: where that had changed nothing, an earlier one is not undone in its place.
            let isAll = options.undoes && left.work.ownsCopy
            if let ended = try recover(operation, left, isAll: isAll, dryRun: dryRun, yes: yes, context) {
                return ended
            }
            // The containers and the database are others by now.
            operation = InPlaceRestore(try context.workplace(), options)
        }
        let plan = try operation.plan()
        if dryRun, plan.backup != nil { try workplace.requireRepositoryFree(.shared) }
        for warning in plan.warnings { context.output.warning(warning) }
        // Whoever agreed beforehand knew nothing of it: somebody at a terminal is asked all the same.
        let isUnknown = plan.replacesOther != nil && !replacesOther
        if let other = plan.replacesOther, isUnknown, yes, !dryRun, !Terminal.isInteractive { throw other }
        guard try context.agree(to: plan.steps, dryRun: dryRun, yes: yes && !isUnknown) else {
            return try context.endDryRun(
                "restore-in-place-plan", plan.steps, warnings: plan.warnings, exit: plan.exit,
                plan.uncheckable ?? plan.warnings.first)
        }
        let report = try ProgressLine.during("restore", output: context.output) { progress in
            try operation.perform(plan, progress: progress) { context.output.line($0) }
        }
        return try show(report, plan.concerns, context.output)
    }

    /// Finishes or undoes what a killed run left.
    ///
    /// - Parameter isAll: whether that is all that the command is to do.
    /// - Returns: how the command ends; nil to go on with what was asked for.
    private static func recover(
        _ operation: InPlaceRestore, _ left: (text: String, work: InPlaceWork), isAll: Bool, dryRun: Bool, yes: Bool,
        _ context: CommandContext
    ) throws -> ExitCode? {
        let steps =
            ["Finish or undo what is left: \(left.text)"]
            + [
                isAll
                    ? "  if that finishes it, undo it, after a plan of its own"
                    : "  if it had changed nothing, go on with this command, after its own plan"
            ]
        guard try context.agree(to: steps, dryRun: dryRun, yes: yes) else {
            return try context.endDryRun("restore-in-place-plan", steps)
        }
        switch try operation.recover(told: { context.output.line($0) }) {
        case .undone:
            context.question.noteChange()
            context.output.line("the interrupted restore had changed nothing, and its copy was removed")
            guard isAll else { return nil }
            context.output.line("no earlier restore was undone; run the command again for that")
            try context.output.object(InPlaceResult(discarded: left.work))
            return .done
        case .finished(let report):
            guard isAll else {
                context.output.line(
                    "\(left.work.title), which was interrupted, is finished; run the command again to start another one"
                )
                return try show(report, [], context.output)
            }
            context.question.noteChange()
            context.output.line("\(left.work.title), which was interrupted, is finished, and is undone now")
            return nil
        }
    }

    private static func show(
        _ report: InPlaceRestore.Report, _ concerns: [String], _ usual: Output
    ) throws -> ExitCode {
        let result = InPlaceResult(report)
        // A quiet run after which the instance does not work, or may not, says why.
        let output = usual.speaking(of: report.health.exit)
        for warning in result.warnings { output.warning(warning) }
        LossText.show(report.losses, output)
        HealthText.show(report.health, output)
        let what = outcome(report)
        if let kept = report.kept, let drop = report.dropStatement {
            let isUndo = report.outcome == .undone, name = ControlCharacters.escaped(kept)
            output.line("\(what); the \(isUndo ? "restored" : "previous") database is kept as \"\(name)\"")
            let command = "infisical-ops restore --in-place --undo\(report.keepsRedis ? " --keep-redis" : "")"
            output.line("\(isUndo ? "redo" : "undo"): \(command)")
            output.line("  or by hand, with the backend stopped, in psql on template1:")
            for statement in report.undoStatements { output.line("  \(statement)") }
            output.line("to remove it when you no longer need it: \(drop)")
        } else {
            output.line("\(what); there was no database before, so there is nothing to undo")
        }
        for concern in concerns { output.line(output.styled(ControlCharacters.escaped(concern), .attention)) }
        try output.object(result)
        return ExitCode(rawValue: result.exit) ?? .failed
    }

    private static func outcome(_ report: InPlaceRestore.Report) -> String {
        let backup = report.backup.map { " of \($0)" } ?? ""
        return switch report.outcome {
        case .restored, .discarded: "\(report.backup ?? "the backup") is in place"
        case .undone: "undone: the database from before the restore\(backup) is in place again"
        case .redone: "redone: the restored copy\(backup) is in place again"
        }
    }
}
