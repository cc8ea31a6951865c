import Arguments
import Census
import Faults
import InfisicalData
import InstanceData
import Results
import Synchronization

/// `infisical-ops census`
enum CensusCommand {
    static let id = Argument(
        "ID", .text.completed(by: .command(["list", "--ids"])),
        help: "The id of a backup, the beginning of one, or latest."
    ).defaulting(to: "latest")
    static let live = Flag("live", help: "Try the live database instead of a backup.")
    static let identity = Option("identity-file", value: "FILE", .file, help: "The identity that reads the backup.")
    static let keyFile = Option(
        "key-file", value: "FILE", .file,
        help: "An env file with the key, instead of the one in the backup's escrow, or of the instance's own.")

    static let jobs = Option(
        "jobs", short: "j", value: "N", .wholeNumber(1...64), whenAbsent: "the number of cores",
        help: "Number of threads that read a backup.")

    static let command = Command<CommandContext>(
        name: "census", abstract: "Try every ciphertext of a database with its keys.",
        discussion: """
            Reads every column that holds ciphertext, and tries each value with the key of its row. A backup is read \
            without any server, with the key in its own escrow.
            """,
        group: Groups.prove, arguments: [id], options: [live, identity, keyFile, jobs], choices: [.atMostOne(id, live)],
        examples: [
            Example(["census"], "The latest backup, with the key that it keeps."),
            Example(["census", "--live", "--json"], "The live database, for a script."),
        ]
    ) { values, context in
        var options = CensusOperation.Options()
        options.backup = values[live] ? nil : values[id]
        options.identityFile = values[identity]
        options.keyFile = values[keyFile]
        if let jobs = values[jobs] { options.threads = jobs }
        let operation = CensusOperation(try context.workplace(discovers: values[live]), options)
        let progress = CensusOperation.Progress()
        let report = try ProgressLine.during(
            "census", output: context.output, done: { 0 }, total: { 0 },
            phase: { "\(Units.counted(progress.values.load(ordering: .relaxed), "value")) tried" }
        ) { try operation.perform(progress: progress) }
        // Quiet is nothing but failures: what is only unproven is a warning.
        let isFailure = report.census.isDisproven || report.census.isKeyWrong
        let output = isFailure ? context.output.speaking(of: report.exit) : context.output
        try show(report, output, isBrief: context.output.quiet)
        return report.exit
    }

    /// - Parameter isBrief: whether columns in which nothing failed are left out.
    private static func show(_ report: CensusOperation.Report, _ output: Output, isBrief: Bool) throws {
        let census = report.census
        output.line("\(ControlCharacters.escaped(report.origin.text)), era \(census.era.rawValue)")
        for line in CensusText.lines(census, output, isBrief: isBrief) { output.line(line) }
        output.line(CensusText.verdict(report, output))
        let result = CensusResult(report)
        if report.isKeyGiven, let remark = report.remark { output.line(ControlCharacters.escaped(remark)) }
        for warning in result.warnings where !report.isKeyGiven || warning != report.remark { output.warning(warning) }
        for hint in report.hints { output.hint(hint) }
        try output.object(result)
    }
}

/// A census for people.
enum CensusText {
    static func lines(_ census: CensusReport, _ output: Output, isBrief: Bool) -> [String] {
        var table = TextTable([
            .number("VALUES"), .number("OPENED"), .number("FAILED"), .number("NOT PROVABLE"), .text("OPENED BY"),
            .text("COLUMN"),
        ])
        let filled = census.columns.filter {
            $0.rows > 0 && $0.kind != .notCiphertext && (!isBrief || $0.failed > 0)
        }
        for column in filled {
            table.add([
                Units.count(column.rows), Units.count(column.opened),
                column.failed > 0 ? Units.count(column.failed) : "-",
                column.notProvable > 0 ? Units.count(column.notProvable) : "-",
                column.keys.keys.map(\.rawValue).sorted().joined(separator: " "),
                ControlCharacters.escaped(column.name),
            ])
        }
        var lines = table.lines.enumerated().map { $0 == 0 ? output.styled($1, .title) : $1 }
        let empty = census.columns.count { $0.rows == 0 }
        if empty > 0, !isBrief { lines.append("\(Units.counted(empty, "more column")) without values") }
        for column in census.columns {
            for failure in column.failures.prefix(3) {
                lines.append(
                    "\(output.styled("does not open", .bad)): \(ControlCharacters.escaped(column.name)) of the row "
                        + "\(ControlCharacters.escaped(failure.row)): \(ControlCharacters.escaped(failure.reason))")
            }
            if column.failures.count > 3 {
                lines.append(
                    "  and more of \(ControlCharacters.escaped(column.name)), \(Units.count(column.failed)) in all")
            }
            for (reason, count) in isBrief ? [] : column.reasons.sorted(by: { $0.key < $1.key }) {
                lines.append(
                    "not provable: \(Units.counted(count, "value")) of \(ControlCharacters.escaped(column.name)): "
                        + ControlCharacters.escaped(reason)
                )
            }
        }
        for role in census.keys.roles where role.isDisproven {
            lines.append("\(output.styled("key", .bad)): \(ControlCharacters.escaped(role.text))")
        }
        return lines
    }

    static func verdict(_ report: CensusOperation.Report, _ output: Output) -> String {
        let census = report.census
        let seconds = Units.seconds(report.seconds)
        if census.isDisproven {
            return output.styled(
                "\(Units.counted(census.failed, "value")) of \(Units.count(census.rows)) did not open (\(seconds))",
                .bad)
        }
        guard census.keys.opens else {
            return output.styled("not proven: \(ControlCharacters.escaped(census.keys.summary))", .attention)
        }
        guard census.notProvable > 0 else {
            return output.styled("every ciphertext opened: \(Units.count(census.opened)) (\(seconds))", .good)
        }
        return output.styled(
            "\(Units.count(census.opened)) ciphertexts opened, \(Units.count(census.notProvable)) cannot be proven here (\(seconds))",
            .attention)
    }
}
