import Arguments
import Effects
import Faults
import InfisicalData
import InstanceAccess
import Operations
import Repository
import Results

/// `infisical-ops list`
enum ListCommand {
    static let ids = Flag("ids", visibility: .hidden, help: "Print only the ids, for completion.")
    static let last = Option(
        "last", value: "N", .wholeNumber(1...1_000_000), whenAbsent: "all", help: "Only the newest N backups.")
    static let tags = Option(
        "tag", value: "KEY=VALUE", .keyValue,
        help: "Only backups with this tag; with several, only those that have all of them."
    ).repeated()

    static let command = Command<CommandContext>(
        name: "list", abstract: "List the backups, oldest first.", group: Groups.everyDay,
        options: [ids, last, tags],
        examples: [
            Example(["list", "--last", "10"], "The newest ten."),
            Example(["list", "--tag", "reason=upgrade", "--last", "1"], "The last one before an upgrade."),
        ]
    ) { values, context in
        let repository = try context.workplace(discovers: false).repository()
        let inventory = try Inventory(repository)
        let all = try BackupOverview.all(inventory, repository)
        let overviews = BackupSelection(tags: values[tags].map { ($0.key, $0.value) }, last: values[last]).apply(
            all, \.manifest)
        if values[ids], !context.output.json {
            for overview in overviews { context.output.asked.line(overview.entry.id.text) }
            return .done
        }
        let output = context.output.asked
        let exit: ExitCode = inventory.findings.contains(where: \.isDamage) ? .damaged : .done
        if overviews.isEmpty {
            output.line(all.isEmpty ? "no backup yet; run: infisical-ops backup" : "no backup has these tags")
        } else {
            let lines = table(overviews, of: all, output)
            for (index, line) in lines.enumerated() { output.line(index == 0 ? output.styled(line, .title) : line) }
        }
        for finding in inventory.findings where finding.isDamage { output.warning(finding.message) }
        if exit == .damaged {
            output.warning(Advice.damage)
        } else if let state = try DamageState.worst(
            of: overviews.filter { $0.standing.damaged != nil }.map(\.entry), inventory, repository)
        {
            output.warning(Advice.damage(state))
        }
        try output.object(ListResult(overviews, findings: inventory.findings, exit: exit))
        return exit
    }

    /// What its own key was worth, in the words of `keys check`; nothing where there is nothing to warn of.
    private static func keyText(_ key: KeyStanding?, _ output: Output) -> String {
        guard let key, key.isWrong else { return "" }
        return output.styled(", OWN KEY \(key.word.uppercased())", .bad)
    }

    /// How many characters tell all ids apart; never fewer than the time has.
    private static func shortest(_ ids: [String]) -> Int {
        let longest = ids.map(\.count).max() ?? 0
        return (16..<max(longest, 17)).first { length in Set(ids.map { $0.prefix(length) }).count == ids.count }
            ?? longest
    }

    private static func accepted(_ assessment: Assessment) -> String {
        if assessment.accepted == nil { return assessment.decline == nil ? "" : ", declined" }
        return assessment.decline == nil ? ", \(assessment.word) but accepted" : ""
    }

    /// Ids as short as all of them may be typed: their time, and more where two have the same.
    private static func table(_ overviews: [BackupOverview], of all: [BackupOverview], _ output: Output) -> [String] {
        // A column that would be empty takes the place of others.
        let hasTags = overviews.contains { !$0.manifest.tags.isEmpty }
        var table = TextTable(
            [
                .text("ID"), .number("AGE"), .number("SIZE"), .number("NEW"), .number("TABLES"), .number("ROWS"),
                .text("KEY"),
            ] + (hasTags ? [.text("TAGS")] : []) + [.text("PROOF")])
        let now = SystemClock().now(), length = shortest(all.map(\.manifest.id.text))
        for overview in overviews {
            let manifest = overview.manifest, finished = Timestamp(iso8601: manifest.finished) ?? now
            let proof =
                ProofText.of(overview.standing, output)
                + keyText(manifest.infisical?.keyStanding(isElsewhere: false), output)
                + (overview.assessment.isShrunk ? output.styled(", \(ShrunkText.mark(overview.assessment))", .bad) : "")
                + accepted(overview.assessment)
                + (overview.assessment.isRejected ? output.styled(", REJECTED", .attention) : "")
            let cells = [
                String(manifest.id.text.prefix(length)),
                Units.age(now.seconds - finished.seconds), Units.bytes(manifest.storedBytes),
                Units.bytes(manifest.added.bytes), Units.count(manifest.tableCount), Units.count(manifest.rowCount),
                String(manifest.infisical?.keyLabel?.prefix(6) ?? "-"),
            ]
            table.add(cells + (hasTags ? [TagText.of(manifest.tags)] : []) + [proof])
        }
        return table.lines
    }
}
