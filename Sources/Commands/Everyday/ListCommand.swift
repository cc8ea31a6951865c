import Arguments
import Effects
import Faults
import Operations
import Repository

/// `infisical-ops list`
enum ListCommand {
    static let ids = Flag("ids", visibility: .hidden, help: "Print only the ids, for completion.")

    static let command = Command<CommandContext>(
        name: "list", abstract: "List the backups, oldest first.", group: Groups.everyDay, options: [ids]
    ) { values, context in
        let repository = try context.workplace().repository()
        let inventory = try Inventory(repository)
        let overviews = try BackupOverview.all(inventory, repository)
        if values[ids] {
            for overview in overviews { context.output.line(overview.entry.id.text) }
            return .done
        }
        let output = context.output, now = SystemClock().now()
        output.line(output.styled("ID                         AGE        SIZE       NEW        PROOF", .title))
        for overview in overviews {
            let manifest = overview.manifest
            let finished = Timestamp(iso8601: manifest.finished) ?? now
            output.line(
                [
                    manifest.id.text, Columns.left(Units.age(now.seconds - finished.seconds), 9),
                    Columns.left(Units.bytes(manifest.storedBytes), 9),
                    Columns.left(Units.bytes(manifest.added.bytes), 9),
                    ProofWords.of(overview.standing, output),
                ].joined(separator: "  ")
                    + (overview.keyOpens == false ? output.styled("  KEY DOES NOT OPEN", .bad) : ""))
        }
        if overviews.isEmpty { output.line("no backup yet; run: infisical-ops backup") }
        for finding in inventory.findings where finding.isDamage { output.warning(finding.message) }
        try output.object(ListObject(backups: overviews.map { BackupObject($0) }))
        return inventory.findings.contains(where: \.isDamage) ? .damaged : .done
    }

    private struct ListObject: Encodable {
        let schema = "infisical-ops/list/1"
        let backups: [BackupObject]
    }
}

/// Pads cells.
enum Columns {
    static func left(_ text: String, _ width: Int) -> String {
        text.count >= width ? text : text + String(repeating: " ", count: width - text.count)
    }

    static func right(_ text: String, _ width: Int) -> String {
        text.count >= width ? text : String(repeating: " ", count: width - text.count) + text
    }
}
