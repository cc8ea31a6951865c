import Arguments
import Faults
import InfisicalData
import InstanceAccess
import InstanceData
import Operations
import Repository
import Results
import Settings

/// `infisical-ops keys`
enum KeysCommand {
    static let id = Argument(
        "ID", .text.completed(by: .command(["list", "--ids"])),
        help: "The id of a backup, the beginning of one, or latest."
    ).optional(whenAbsent: "all backups")
    static let keyFile = Option(
        "key-file", value: "FILE", .file, help: "An env file with the key, instead of the instance's own.")

    static let command = Command<CommandContext>(
        name: "keys", abstract: "Make, name and keep keys, and compare them with what backups need.",
        group: Groups.keys,
        subcommands: [
            KeysGenerateCommand.command, KeysLabelCommand.command, check, KeysLedgerCommand.command,
            KeysEscrowCommand.command, KeysRetireCommand.command, KeysWriteCommand.command,
        ])

    static let check = Command<CommandContext>(
        name: "check", abstract: "Say which backups the key opens, by its label.",
        discussion: """
            Compares labels only: no data is read, no key leaves the env file, and no database is needed. A label says \
            which key is meant, and nothing about the key. `census` and `drill` try the key itself.
            """,
        arguments: [id], options: [keyFile],
        examples: [
            Example(["keys", "check"], "The instance's key against every backup."),
            Example(["keys", "check", "latest", "--key-file", "old.env"], "Another key against the latest backup."),
        ]
    ) { values, context in
        let workplace = try values[keyFile] == nil ? context.keyedWorkplace() : context.workplace(discovers: false)
        let report = try KeysCheckOperation(workplace, id: values[id], keyFile: values[keyFile]).perform()
        let output = context.output.speaking(of: report.exit)
        // Only beside a key that was found elsewhere: where none was, the refusal says it.
        if values[keyFile] == nil { for warning in workplace.configuration.envFileWarnings { output.warning(warning) } }
        show(report, output, isBrief: context.output.quiet)
        try output.object(KeysCheckResult(report))
        return report.exit
    }

    /// - Parameter isBrief: whether only backups are told that nothing opens.
    private static func show(_ report: KeysCheckOperation.Report, _ output: Output, isBrief: Bool) {
        let labels = report.labels.isEmpty ? "no usable key" : "label \(report.labels.joined(separator: " or "))"
        output.line("\(ControlCharacters.escaped(report.source)): \(labels)")
        for problem in report.problems { output.warning(problem) }
        var table = TextTable([.text("BACKUP"), .text("THIS KEY"), .text("OWN KEY"), .text("NEEDS THE LABEL")])
        for row in report.rows where !isBrief || row.isClosed {
            table.add([
                row.entry.id.text, KeysCheckResult.word(row.outcome), row.own?.word ?? "-", row.needed ?? "-",
            ])
        }
        for (number, line) in table.lines.enumerated() { output.line(number == 0 ? output.styled(line, .title) : line) }
        var said: Set<String> = [], untried: [String] = []
        for row in report.rows.reversed() {
            switch row.outcome {
            case .opensInPart(let clause):
                output.warning("\(row.entry.id.text): not all of it opened when it was taken: \(clause)")
            case .notChecked: untried.append(row.entry.id.text)
            case .doesNotOpen:
                guard let needed = row.needed else {
                    output.warning(
                        "\(row.entry.id.text): this very key was tried when it was taken, and opened nothing")
                    continue
                }
                guard said.insert(needed).inserted else { continue }
                output.warning(explanation(row, needed))
                if row.form == nil, let holder = row.holder { output.hint(.files(of: holder.text)) }
            case .opens, .notInfisical: continue
            }
        }
        guard let newest = untried.first else { return }
        let them = untried.count == 1 ? "it when it was" : "them when they were"
        output.warning(
            "\(untried.joined(separator: ", ")): no key was known to open \(them) taken; to try one on the data"
                + (untried.count == 1 ? ":" : " of the newest:"))
        for hint in trying(newest, report) { output.hint(hint) }
    }

    /// How the key that is given is tried on all of a backup; where that is none, one that a backup keeps.
    private static func trying(_ id: String, _ report: KeysCheckOperation.Report) -> [Hint] {
        if !report.labels.isEmpty, let file = report.file {
            return [.command(["infisical-ops", "census", id, "--key-file", file])]
        }
        return report.kept?.censusHints(of: id) ?? [.census(of: id)]
    }

    /// What to do about a key that does not fit.
    private static func explanation(_ row: KeysCheckOperation.Row, _ needed: String) -> String {
        if let form = row.form { return "the key \(needed) is the value that is given, written otherwise: \(form)" }
        return row.holder.map { "the key \(needed) is kept in the backup \($0.text)" }
            ?? "no backup keeps the key \(needed)"
    }
}
