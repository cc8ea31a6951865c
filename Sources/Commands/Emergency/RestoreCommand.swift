import Arguments
import Faults
import Glibc
import Operations
import Postgres
import Repository
import Secrets
import Synchronization

/// `infisical-ops restore ID`
enum RestoreCommand {
    static let id = Argument(
        "ID", .text.completed(by: .command(["list", "--ids"])), help: "A backup's id, the beginning of one, or latest."
    ).defaulting(to: "latest")
    static let database = Option("to-database", value: "NAME", .text, help: "Make this database and restore into it.")
    static let server = Option(
        "to-server", value: "URL", .text, whenAbsent: "the configured server", sensitive: true,
        help:
            "postgresql:// address of another server; the path names the database unless --to-database does. The password comes from PGPASSWORD or PGPASSFILE."
    )
    static let files = Option("files", value: "DIR", .folder, help: "Put the kept env and compose files there.")
    static let tables = Option(
        "table", value: "TABLE", .text, help: "Only the rows of this table; the others stay empty."
    ).repeated()
    static let role = Option("role", value: "ROLE", .text, help: "Which database of the backup: main or audit-logs.")
        .defaulting(to: "main")
    static let noOwner = Flag("no-owner", help: "Restore as the connecting user and leave grants out.")
    static let createRoles = Flag("create-roles", help: "Make missing roles first, without login.")
    static let locale = Option(
        "locale", value: "LOCALE", .text, whenAbsent: "the backup's",
        help: "Locale of the new database, such as C.UTF-8, for a server that lacks the backup's. Texts then sort otherwise."
    )
    static let jobs = Option(
        "jobs", short: "j", value: "N", .wholeNumber(1...64), whenAbsent: "the configured number",
        help: "Connections at once.")
    static let identity = Option("identity-file", value: "FILE", .file, help: "The identity that reads the backups.")
    static let dryRun = Flag("dry-run", short: "n", help: "Check everything, print the plan, and stop.")
    static let yes = Flag("yes", short: "y", help: "Do not ask.")

    static let command = Command<CommandContext>(
        name: "restore", abstract: "Restore a backup into a new database, or its kept files into a folder.",
        group: Groups.emergency, arguments: [id],
        options: [database, server, files, tables, role, noOwner, createRoles, locale, jobs, identity, dryRun, yes],
        examples: [
            Example(["restore", "latest", "--to-database", "infisical_check"], "Beside the live database."),
            Example(["restore", "latest", "--files", "./kept"], "The env file with the keys."),
        ]
    ) { values, context in
        if let folder = values[files] {
            guard !values.isGiven(database), !values.isGiven(server) else {
                throw values.refusal(of: files, "it cannot go with --to-database or --to-server")
            }
            return try restoreFiles(folder, values, context)
        }
        return try restoreDatabase(values, context)
    }

    private static func restoreFiles(
        _ folder: String, _ values: ParsedValues, _ context: CommandContext
    ) throws -> ExitCode {
        let operation = RestoreFilesOperation(
            try context.workplace(), id: values[id], folder: folder, identityFile: values[identity])
        let entry = try operation.plan()
        let names = entry.manifest.escrow?.names.joined(separator: ", ") ?? ""
        guard
            try context.agree(
                to: ["Put \(names) of \(entry.id.text) into \(folder)"], dryRun: values[dryRun], yes: values[yes])
        else { return .done }
        let written = try operation.perform(entry)
        for file in written { context.output.line("\(file.path) (was \(file.was))") }
        try context.output.object(FilesObject(backup: entry.id.text, files: written.map(\.path)))
        return .done
    }

    private static func restoreDatabase(_ values: ParsedValues, _ context: CommandContext) throws -> ExitCode {
        var endpoint: Endpoint?
        if let url = values[server] {
            var bytes = Array(url.utf8)
            endpoint = try Endpoint(url: Secret(consuming: &bytes), origin: "--to-server")
            if endpoint?.password != nil { throw RestoreFault.passwordInURL }
        }
        guard let name = values[database] ?? endpoint?.database else {
            throw values.refusal(of: database, "say where to restore to: --to-database, --to-server or --files")
        }
        var options = RestoreOperation.Options(database: name)
        options.id = values[id]
        options.server = endpoint
        options.role = values[role]
        options.tables = values[tables]
        options.noOwner = values[noOwner]
        options.createRoles = values[createRoles]
        options.locale = values[locale]
        options.jobs = values[jobs]
        options.identityFile = values[identity]
        let operation = RestoreOperation(try context.workplace(), options)
        let plan = try operation.plan()
        for warning in plan.warnings { context.output.warning(warning) }
        let rows = plan.tables.reduce(0) { $0 + $1.rows }
        guard
            try context.agree(
                to: [
                    "Restore \(plan.backup.id.text) (\(plan.backup.manifest.finished)) into the new database \"\(name)\"",
                    "  on \(plan.server), PostgreSQL \(plan.targetVersion): \(Units.count(rows)) rows in \(plan.tables.count) tables",
                ] + localeLines(plan) + plan.missingRoles.map { "  make the role \($0), without login" },
                dryRun: values[dryRun], yes: values[yes])
        else { return .done }
        let progress = BackupProgress()
        let report = try ProgressLine.during(
            "restore", output: context.output, done: { progress.bytes.load(ordering: .relaxed) },
            total: { progress.expected.load(ordering: .relaxed) }
        ) { try operation.perform(plan, progress: progress) }
        context.output.line(
            "restored \(Units.count(report.rows)) rows in \(plan.tables.count) tables into \"\(name)\", \(Units.seconds(report.seconds))"
        )
        context.output.line("every table has as many rows as the backup; contents were checked chunk by chunk")
        try context.output.object(
            RestoreObject(
                backup: plan.backup.id.text, database: name, tables: plan.tables.count, rows: report.rows,
                seconds: report.seconds, warnings: plan.warnings, exit: report.exit.rawValue))
        return report.exit
    }

    private static func localeLines(_ plan: RestoreOperation.Plan) -> [String] {
        let original = plan.database.server.locale ?? plan.database.server.collate
        return plan.locale.name == original ? [] : ["  with the locale \(plan.locale.name) instead of \(original)"]
    }

    private struct FilesObject: Encodable {
        let schema = "infisical-ops/restore-files/1"
        let backup: String
        let files: [String]
    }

    private struct RestoreObject: Encodable {
        let schema = "infisical-ops/restore/1"
        let backup: String
        let database: String
        let tables: Int
        let rows: Int
        let seconds: Double
        let warnings: [String]
        let exit: Int32
    }
}
