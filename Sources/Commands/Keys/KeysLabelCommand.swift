import Arguments
import Faults
import InfisicalData
import InstanceData
import Results

/// `infisical-ops keys label`
enum KeysLabelCommand {
    static let keyFile = Option(
        "key-file", value: "FILE", .file, help: "An env file with the key, instead of the instance's own.")

    static let command = Command<CommandContext>(
        name: "label", abstract: "Name the keys in force, or those of a file, by their labels.",
        discussion: """
            A label says which key is meant and nothing about the key: it is safe to print, to write on a recovery sheet \
            and to send to somebody. It is the one that Infisical itself shows since 2026. The database is asked which \
            key its root key opens with; where it cannot be, that is said, and the labels are shown all the same.
            """,
        options: [keyFile],
        examples: [
            Example(["keys", "label"], "The keys in force."),
            Example(["keys", "label", "--key-file", "old.env"], "Is this the key of the database?"),
        ]
    ) { values, context in
        let workplace = try context.workplace(envFiles: values[keyFile] == nil ? .whatIsThere : .nothing)
        let report = try KeysLabelOperation(workplace, keyFile: values[keyFile]).perform()
        let result = KeysLabelResult(report), output = context.output.asked
        for key in report.keys {
            let reading = key.isFIPS ? " in FIPS mode" : ""
            output.line("\(key.variable) of \(ControlCharacters.escaped(key.source))\(reading): label \(key.label)")
        }
        for problem in result.problems { context.output.warning(problem) }
        for hint in report.hints { context.output.hint(hint) }
        switch report.database {
        case .tried(let standing, let text, _):
            let style: Output.Style = standing == .opens ? .good : standing.isWrong ? .bad : .attention
            output.line("database: " + output.styled(ControlCharacters.escaped(text), style))
        case .notTried, .notInfisical:
            let text = ControlCharacters.escaped(result.databaseText)
            output.line("database: " + output.styled("not verified", .attention) + ": \(text)")
        }
        for warning in result.warnings { context.output.warning(warning) }
        let check = ["infisical-ops", "keys", "check"] + (values[keyFile].map { ["--key-file", $0] } ?? [])
        if report.database.exit == .keyMismatch, !report.hints.contains(.command(check)) {
            context.output.hint(.command(check))
        }
        try context.output.object(result)
        return report.exit
    }
}
