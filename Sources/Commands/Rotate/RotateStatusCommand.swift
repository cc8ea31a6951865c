import Arguments
import Faults
import Operations
import Results
import Rotating

/// `infisical-ops rotate status`
enum RotateStatusCommand {
    static let command = Command<CommandContext>(
        name: "status",
        abstract: "Say whether a rotation is open, how far it came, and how to free the instance by hand.",
        discussion: """
            Reads the journal, and the names of the keys of open rotations in the repository: neither the database nor the \
            engine is asked. Ends with 14 while a rotation is open.
            """,
        examples: [Example(["rotate", "status"], "After a run that was cut off.")]
    ) { _, context in
        let workplace = try context.workplace(discovers: false, envFiles: .nothing)
        let result = RotateStatusResult(try RotationStatus(workplace.instance))
        let exit = ExitCode(rawValue: result.exit) ?? .failed, output = context.output.speaking(of: exit)
        guard let open = result.open else {
            output.line(result.lost.map { output.styled($0, .bad) } ?? "no rotation is open")
            for hint in result.hints { output.line(hint) }
            for past in result.past.suffix(5) { output.line("  \(past.rotation): \(past.text)") }
            try context.output.object(result)
            return exit
        }
        output.line(output.styled("\(open.title) is not finished: \(open.standing)", .bad))
        output.line(
            "go on: infisical-ops rotate resume"
                + (open.canBeTakenBack ? ", or take it back: infisical-ops rotate rollback" : ""))
        output.line("by hand, where neither of them ends it:")
        for line in open.byHand { output.line("  \(ControlCharacters.escaped(line))") }
        try context.output.object(result)
        return exit
    }
}
