import Arguments
import Faults
import InstanceAccess
import Operations
import Repository
import Results
import Settings

/// `infisical-ops show ID`
enum ShowCommand {
    static let id = Argument(
        "ID", .text.completed(by: .command(["list", "--ids"])),
        help: "The id of a backup, the beginning of one, or latest."
    ).defaulting(to: "latest")

    static let command = Command<CommandContext>(
        name: "show", abstract: "Show one backup: tables, rows, keys, proof.", group: Groups.everyDay, arguments: [id]
    ) { values, context in
        let workplace = try context.workplace(discovers: false), repository = try workplace.repository()
        let inventory = try Inventory(repository)
        let entry = try inventory.find(values[id], repository: repository.layout.root)
        let damage = inventory.findings.filter(\.isDamage)
        let exit: ExitCode = damage.isEmpty ? .done : .damaged
        let overview = try BackupOverview(entry, BackupHistory(inventory, repository), repository)
        let standing = overview.standing, assessment = overview.assessment
        let manifest = entry.manifest, output = context.output.asked
        output.line("backup     \(manifest.id.text)  (number \(manifest.sequence))")
        output.line("taken      \(manifest.started) to \(manifest.finished) on \(manifest.host), \(manifest.program)")
        if !manifest.tags.isEmpty {
            output.line("tags       \(TagText.of(manifest.tags))")
        }
        output.line(
            "size       \(Units.bytes(manifest.storedBytes)) in \(Units.counted(manifest.chunks.count, "chunk")), \(Units.bytes(manifest.added.bytes)) new"
        )
        output.line("proof      \(ProofText.dated(standing, output))")
        if let drill = standing.failure { output.line("drill      \(ProofText.failure(drill, output))") }
        if let text = ShrunkText.of(assessment, output) { output.line("content    \(text)") }
        output.line("signer     \(entry.signer)")
        output.line("escrow     \(manifest.escrow?.names.joined(separator: ", ") ?? "none")")
        if let infisical = manifest.infisical {
            output.line(
                "Infisical  era \(infisical.era), \(infisical.migrations) migrations, last \(infisical.migration ?? "unknown")"
            )
            let key = infisical.keyStanding(isElsewhere: workplace.configuration.keyIsElsewhere)
            output.line("key        \(KeyText.label(manifest, key, output))")
            for trial in infisical.keys {
                let detail = [trial.label.map { "label \($0)" }, trial.note].compactMap { $0 }.joined(separator: ", ")
                output.line("  \(trial.roleText): \(KeyText.of(trial))\(detail.isEmpty ? "" : " (\(detail))")")
            }
        }
        for database in manifest.databases { show(database, output) }
        try output.object(ShowResult(overview, damage: damage, exit: exit))
        for finding in damage { output.warning("damage in the repository: \(finding.message)") }
        if !damage.isEmpty {
            output.warning(Advice.damage)
        } else if let state = try overview.damageState(inventory, repository) {
            output.warning(Advice.damage(state))
        }
        return exit
    }

    private static func show(_ database: Manifest.Database, _ output: Output) {
        output.line(
            "database   \(ControlCharacters.escaped(database.name)) (\(database.role)), PostgreSQL \(database.server.version), \(database.server.encoding)"
        )
        output.line(output.styled("          ROWS        SIZE  TABLE", .title))
        for table in database.tables where table.rows > 0 {
            output.line(
                "  \(Columns.right(Units.count(table.rows), 12))  \(Columns.right(Units.bytes(table.bytes), 10))  "
                    + ControlCharacters.escaped(table.displayName))
        }
        let empty = database.tables.filter { $0.rows == 0 }.count
        if empty > 0 { output.line("  and \(Units.counted(empty, "empty table"))") }
        for item in database.leftOut {
            output.line("  not in the backup: \(item.kind) \(ControlCharacters.escaped(item.name))")
        }
    }
}
