import Arguments
import Faults
import InstanceAccess
import InstanceData
import Repository
import Results

/// `infisical-ops keys ledger`
enum KeysLedgerCommand {
    static let command = Command<CommandContext>(
        name: "ledger", abstract: "List which backups need which key, and where that key is kept.",
        discussion: """
            Goes by labels: no data is read, and no database is needed. A key is kept where it lies among the escrow files of \
            a backup and opened what the backup holds when it was taken; it was opened when a drill last took it out of \
            there and opened everything with it. A key that backups need, and that is neither kept nor in force, is lost \
            unless you have it elsewhere.
            """,
        examples: [Example(["keys", "ledger"], "Before an old key is thrown away.")]
    ) { _, context in
        // The env files say which key is in force; without them the ledger still lists what backups need.
        let workplace = try context.keyedWorkplace(envFiles: .whatIsThere)
        let report = try KeysLedgerOperation(workplace).perform()
        let output = context.output.speaking(of: report.exit)
        show(report.ledger, output)
        try output.object(KeysLedgerResult(report))
        return report.exit
    }

    private static func show(_ ledger: KeyLedger, _ output: Output) {
        var table = TextTable([
            .text("LABEL"), .text("STATE"), .number("BACKUPS"), .text("NEWEST"), .number("KEPT IN"),
            .text("LAST OPENED"), .text("KIT"),
        ])
        for row in ledger.rows {
            table.add([
                row.label, state(row), String(row.neededBy.count), row.neededBy.last?.text ?? "-",
                String(row.keptIn.count), row.opened ?? "never",
                row.kit.map { $0.opened.map { "opened \($0)" } ?? "made \($0.made ?? "elsewhere")" } ?? "-",
            ])
        }
        if ledger.rows.isEmpty { output.line("no key is known") }
        for (number, line) in table.lines.enumerated() where !ledger.rows.isEmpty {
            output.line(number == 0 ? output.styled(line, .title) : line)
        }
        for row in ledger.rows where row.isLost {
            output.warning(
                "\(count(row.neededBy)) the key \(row.label), which is kept in no backup and is not in force")
        }
        for row in ledger.rows where row.isOnlyInForce && !row.neededBy.isEmpty {
            output.warning(
                "the key in force, \(row.label), is kept in no backup and in no kit: keep a copy of it elsewhere")
        }
        if ledger.rows.contains(where: { $0.isOnlyInForce && !$0.neededBy.isEmpty }) {
            output.hint(
                .pattern(
                    ["infisical-ops", "keys", "escrow", "--to", "RECIPIENT", "--output", "kit.txt"],
                    with: "RECIPIENT as the public key of an age identity, age1…"))
        }
        guard let last = ledger.unknown.last else { return }
        output.warning(
            "of \(ledger.unknown.count == 1 ? "a backup" : "\(ledger.unknown.count) backups") it is not known what key "
                + "opens them, the newest is \(last.text)")
        output.hint(.command(["infisical-ops", "keys", "check"]))
    }

    private static func state(_ row: KeyLedger.Row) -> String {
        if row.isInForce { return "in force" }
        if let time = row.retired { return "retired \(time)" }
        if let rotation = row.replacedBy { return "replaced by the rotation \(rotation)" }
        return row.keptIn.isEmpty ? "not at hand" : "earlier"
    }

    private static func count(_ backups: [BackupID]) -> String {
        backups.count == 1 ? "the backup \(backups[0].text) needs" : "\(backups.count) backups need"
    }
}
