import Arguments
import Effects
import Faults
import Operations
import Repository
import Results
import Synchronization

/// `infisical-ops backup`
enum BackupCommand {
    static let jobs = Option(
        "jobs", short: "j", value: "N", .wholeNumber(1...64), whenAbsent: "the number of cores, at most 4",
        help: "Number of parallel connections to the database.")
    static let level = Option(
        "compression-level", value: "N", .wholeNumber(1...19), whenAbsent: "2",
        help: "Compression level of zstd. Higher levels are slower and save little.")
    static let tags = Option("tag", value: "KEY=VALUE", .keyValue, help: "A label to find the backup by.").repeated()
    static let dryRun = Flag(
        "dry-run", short: "n",
        help:
            "Check everything as the run does, also the key and the content; print the plan and what it would end with."
    )

    static let command = Command<CommandContext>(
        name: "backup", abstract: "Back up the database, and the files with the keys that open it.",
        discussion: """
            Reads the database in one snapshot without blocking it, stores what changed since the last backup, and \
            tests whether the key in the env file opens the data. If it does not, or if there is no key, the backup is \
            stored all the same and the run ends with 12, unless instance.key says that the key is kept elsewhere. \
            The test follows the chain of keys to its end: root key, KMS keys, data keys, and a \
            value under each of them.
            """,
        group: Groups.everyDay, options: [jobs, level, tags, dryRun],
        examples: [
            Example(["backup"], "What cron runs every night."),
            Example(["backup", "--tag", "reason=upgrade"], "Before an upgrade."),
        ]
    ) { values, context in
        let workplace = try context.workplace()
        var options = BackupOperation.Options()
        options.jobs = values[jobs]
        options.compressionLevel = values[level]
        for tag in values[tags] {
            if options.tags[tag.key] != nil {
                throw values.refusal(of: tags, "the label \(tag.key) is given twice, and a backup has each once")
            }
            options.tags[tag.key] = tag.value
        }
        let operation = BackupOperation(workplace, options)
        if values[dryRun] {
            let plan = try ProgressLine.during("dry run", output: context.output) { progress in
                try operation.plan(progress: progress)
            }
            return try show(plan, tags: options.tags, context)
        }
        let report = try ProgressLine.during("backup", output: context.output) { progress in
            do { return try operation.perform(progress: progress) } catch {
                guard let interruption = (error as? any Fault)?.interruption else { throw error }
                throw Failure(
                    InterruptedRun(
                        interruption, state: "there is no new backup",
                        hints: [.check("run infisical-ops backup again; it uses what is stored already")]),
                    cleanup: (error as? Failure)?.cleanup ?? [])
            }
        }
        try show(report, context.output)
        return report.exit
    }

    private static func show(
        _ plan: BackupOperation.Plan, tags: [String: String], _ context: CommandContext
    ) throws -> ExitCode {
        let output = context.output.speaking(of: plan.report.exit), result = BackupPlanResult(plan)
        output.line(
            "Would back up into \(plan.repository) with \(Units.counted(plan.jobs, "connection")), level \(plan.level):"
        )
        for database in plan.databases { output.line("  database \(ControlCharacters.escaped(database))") }
        for file in plan.escrow { output.line("  \(file)") }
        for (key, value) in tags.sorted(by: { $0.key < $1.key }) {
            output.line("  tag \(ControlCharacters.escaped("\(key)=\(value)"))")
        }
        if let infisical = plan.report.entry.infisical {
            output.line("  Infisical era \(infisical.era), \(infisical.migrations) migrations")
            output.line("  the key \(KeyText.of(plan.report.entry, plan.report.key, output))")
        }
        for warning in plan.warnings { output.warning(warning) }
        context.forecast(plan.report.exit, result.reason)
        try output.object(result)
        return plan.report.exit
    }

    private static func show(_ report: BackupOperation.Report, _ output: Output) throws {
        let manifest = report.entry, result = BackupResult(report)
        for warning in result.warnings { output.warning(warning) }
        output.line("backup \(manifest.id.text) taken in \(Units.seconds(report.seconds))")
        output.line(
            "  \(Units.counted(manifest.rowCount, "row")) in \(Units.counted(manifest.tableCount, "table")), "
                + "\(Units.bytes(manifest.storedBytes)) stored, \(Units.bytes(manifest.added.bytes)) new")
        if let infisical = manifest.infisical {
            output.line("  Infisical era \(infisical.era), \(infisical.migrations) migrations")
            output.line("  the key \(KeyText.of(manifest, report.key, output))")
        }
        output.line("  not verified yet; run: infisical-ops verify")
        if report.findsDamage { output.warning(Advice.damage) }
        try output.object(result)
    }
}
