import Arguments
import Effects
import Faults
import Jail

/// `infisical-ops jailed`, hidden: a process of a jail, which only this program itself starts.
enum JailedCommand {
    static let stage = Argument("STAGE", .oneOf(JailStage.self), help: "Which process this is.")
    /// Also an empty one.
    static let words = Argument("WORD", ValueFormat<String>(expected: "a text") { $0 }, help: "What to run.").repeated()

    static let command: Command<CommandContext> = Command(
        name: JailStage.command, abstract: "Be a process of a jail.", arguments: [stage, words], visibility: .hidden
    ) { values, context in
        let status = try values[stage].run(
            values[words], effects: context.effects, cancellation: context.cancellation)
        return status == 0 ? .done : .failed
    }
}
