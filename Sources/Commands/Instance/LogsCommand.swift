import Arguments
import Faults
import Instance
import Operations
import Results

/// `infisical-ops logs`
enum LogsCommand {
    static let tail = Option(
        "tail", value: "N", .wholeNumber(1...10_000_000), whenAbsent: "100, or all with --since",
        help: "How many lines to show of each container, counted from the end.")
    static let since = Option(
        "since", value: "DURATION", .duration, help: "Only what was printed in this time, such as 10m.")

    static let command = Command<CommandContext>(
        name: "logs", abstract: "Show the logs of the containers in one sequence; secrets are masked.",
        group: Groups.instance, options: [since, tail],
        examples: [
            Example(["logs"], "The last lines of all three."),
            Example(["logs", "--since", "10m"], "What happened in the last ten minutes."),
        ]
    ) { values, context in
        let length = values[since]
        let lines = values[tail] ?? (length == nil ? 100 : nil)
        let operation = LogsOperation(
            try context.workplace(envFiles: .nothing), tail: lines, since: length.map { "\($0.components.seconds)s" })
        try operation.perform { entry in
            context.output.asked.line(
                "\(entry.time.prefix(19))Z  \(Columns.left(entry.role.rawValue, 8))  \(ControlCharacters.escaped(entry.text))"
            )
            try context.output.object(
                LogResult(
                    time: entry.time, part: entry.role.rawValue, container: entry.container, line: entry.text))
            // Whoever read it is gone, or there is no room.
            return context.output.fault == nil
        }
        return .done
    }
}
