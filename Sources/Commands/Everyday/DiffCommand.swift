import Arguments
import Faults
import Operations
import Repository
import Results

/// `infisical-ops diff ID ID`
enum DiffCommand {
    private static let format = ValueFormat<String>.text.completed(by: .command(["list", "--ids"]))
    static let before = Argument("FROM", format, help: "The id of a backup, the beginning of one, or latest.")
    static let after = Argument("TO", format, help: "The backup to compare it with, in the same form.")

    static let command = Command<CommandContext>(
        name: "diff", abstract: "Compare two backups: tables, rows, schema.",
        discussion: """
            Compares the records that the two backups keep, so it needs no key and reads no data. It tells whether the \
            content of a table differs, but not in which rows.
            """,
        group: Groups.everyDay, arguments: [before, after],
        examples: [Example(["diff", "20261123T2300", "latest"], "What has changed since that night.")]
    ) { values, context in
        let repository = try context.workplace(discovers: false).repository()
        let root = repository.layout.root
        let inventory = try Inventory(repository), output = context.output.asked
        let from = try inventory.find(values[before], repository: root)
        let to = try inventory.find(values[after], repository: root)
        let difference = BackupDifference(from: from.manifest, to: to.manifest)
        for (word, entry) in [("from", from), ("to", to)] {
            output.line(
                "\(Columns.left(word, 5)) \(entry.id.text)  (number \(entry.manifest.sequence), \(entry.manifest.started))"
            )
        }
        if let reason = difference.otherInstance {
            output.line(
                output.styled("different instances: \(ControlCharacters.escaped(reason)); ", .bad)
                    + "what differs is no change of one of them")
        }
        for line in DifferenceText.lines(difference, output) { output.line(line) }
        let damage = inventory.findings.filter(\.isDamage), exit: ExitCode = damage.isEmpty ? .done : .damaged
        for finding in damage { output.warning("damage in the repository: \(finding.message)") }
        if !damage.isEmpty { output.warning(Advice.damage) }
        try output.object(DiffResult(from: from.id, to: to.id, difference, damage: damage, exit: exit))
        return exit
    }
}

/// The difference of two backups, for people.
private enum DifferenceText {
    static func lines(_ difference: BackupDifference, _ output: Output) -> [String] {
        var lines = difference.databasesRemoved.map { "database \($0): only in the first backup" }
        lines += difference.databasesAdded.map { "database \($0): only in the second backup" }
        for database in difference.databases { lines += self.lines(database, output) }
        return lines + (difference.isSame ? ["no difference"] : [])
    }

    private static func lines(_ database: BackupDifference.Database, _ output: Output) -> [String] {
        var lines = [output.styled("database \(database.role)", .title)]
        let schema =
            switch database.schema {
            case .same: "same"
            case .differs: "differs"
            case .notComparable: "cannot be compared (another repository key, or another version of pg_dump)"
            }
        lines.append("  schema: \(schema)")
        for change in database.properties { lines.append("  " + text(change)) }
        lines += database.tablesRemoved.map { "  only in the first backup: table \(ControlCharacters.escaped($0))" }
        lines += database.tablesAdded.map { "  only in the second backup: table \(ControlCharacters.escaped($0))" }
        if !database.tables.isEmpty {
            var table = TextTable([
                .number("ROWS BEFORE"), .number("AFTER"), .number("CHANGE"), .text("CONTENT"), .text("TABLE"),
            ])
            for row in database.tables {
                let columns =
                    row.columnsAdded.map { "+\(ControlCharacters.escaped($0))" }
                    + row.columnsRemoved.map { "-\(ControlCharacters.escaped($0))" }
                let change = row.rowsAfter - row.rowsBefore
                table.add([
                    Units.count(row.rowsBefore), Units.count(row.rowsAfter),
                    change == 0 ? "-" : (change > 0 ? "+" : "") + Units.count(change), row.content.rawValue,
                    ControlCharacters.escaped(row.displayName)
                        + (columns.isEmpty ? "" : "  columns \(columns.joined(separator: " "))"),
                ])
            }
            lines += table.lines.enumerated().map { "  " + ($0 == 0 ? output.styled($1, .title) : $1) }
        }
        for change in database.sequences { lines.append("  sequence " + text(change)) }
        lines.append("  \(Units.counted(database.tablesSame, "table")) without a difference")
        return lines
    }

    private static func text(_ change: BackupDifference.Change) -> String {
        let side = { (value: String?) in value.map { ControlCharacters.escaped($0) } ?? "none" }
        return "\(ControlCharacters.escaped(change.name)): \(side(change.before)) -> \(side(change.after))"
    }
}
