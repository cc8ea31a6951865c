import Arguments
import DurableFiles
import Faults
import Glibc
import Operations
import Postgres
import Repository
import Restoring
import Results
import Secrets
import Synchronization

/// `infisical-ops restore ID`
enum RestoreCommand {
    static let id = Argument(
        "ID", .text.completed(by: .command(["list", "--ids"])),
        help: "The id of a backup, the beginning of one, or latest."
    ).defaulting(to: "latest")
    static let database = Option("to-database", value: "NAME", .text, help: "Create this database and restore into it.")
    static let server = Option(
        "to-server", value: "URL", .text, whenAbsent: "the configured server", sensitive: true,
        help:
            "Address of another server, postgresql://user@host:port/database; --to-database overrides the name. The password comes from PGPASSWORD or PGPASSFILE."
    )
    static let files = Option(
        "files", value: "DIR", .folder,
        help: "Write the escrow of the backup, its env and compose files, to this folder.")
    static let inPlace = Flag(
        "in-place", help: "Replace the live database with the backup; the old one is kept under a dated name.")
    static let keepRedis = Flag("keep-redis", help: "With --in-place: do not empty Redis.")
    static let otherInstance = Flag(
        "other-instance",
        help: "With --in-place and --yes: replace the database of another instance than the backup's, too.")
    static let undo = Flag(
        "undo",
        help: "With --in-place: bring back the database that was replaced last; after an undo, redo the restore.")
    static let tables = Option(
        "table", value: "TABLE", .text,
        help:
            "Only the rows of this table, or of all its partitions; the others stay empty, and foreign keys are left out."
    ).repeated()
    static let role = Option("role", value: "ROLE", .databaseRole, help: "Which database of the backup to restore.")
        .defaulting(to: "main")
    static let noOwner = Flag(
        "no-owner", help: "Restore as the connecting user; leave out grants, and policies of missing roles.")
    static let strict = Flag("strict", help: "Fail, and keep nothing, if the server refuses any object of the backup.")
    static let createRoles = Flag("create-roles", help: "Create missing roles first, without login.")
    static let locale = Option(
        "locale", value: "LOCALE", .text, whenAbsent: "the backup's",
        help:
            "Locale of the new database, such as C.UTF-8, for a server that lacks the backup's. Text may then sort in another order."
    )
    static let jobs = Option(
        "jobs", short: "j", value: "N", .wholeNumber(1...64), whenAbsent: "the configured number",
        help: "Number of parallel connections.")
    static let identity = Option("identity-file", value: "FILE", .file, help: "The identity that reads the backups.")
    static let dryRun = Flag("dry-run", short: "n", help: "Check everything, print the plan, and stop.")
    static let yes = Flag("yes", short: "y", help: "Do not ask.")

    static let command = Command<CommandContext>(
        name: "restore",
        abstract: "Restore a backup into a new database or in place, or its escrow into a folder.",
        discussion: """
            With --in-place the backup is restored beside the live database, the key in force is tried on it, the \
            backend is stopped, both databases are swapped in one transaction, Redis is emptied and the backend \
            started. If a run is killed, the next one finishes or undoes it.

            Rows come first: what the server refuses and no row needs, such as an extension that it does not have or an \
            index that cannot be built, is left out and named with the server's reason, and the exit code is 2. With \
            --in-place nothing of Infisical's own may be missing. A full disk or a lost session is no such refusal: the \
            restore then fails and keeps nothing.
            """,
        group: Groups.emergency, arguments: [id],
        options: [
            database, server, inPlace, undo, keepRedis, otherInstance, files, tables, role, noOwner, createRoles,
            strict,
            locale, jobs, identity, dryRun, yes,
        ],
        choices: [.atMostOne(noOwner, createRoles), .atMostOne(database, inPlace)],
        examples: [
            Example(
                ["restore", "latest", "--to-database", "infisical_check"], "Into a new database beside the live one."),
            Example(["restore", "latest", "--in-place"], "The instance goes back to its last backup."),
            Example(["restore", "latest", "--files", "./kept"], "The env file with the keys."),
        ]
    ) { values, context in
        if values[inPlace] { return try restoreInPlace(values, context) }
        for (flag, name) in [(undo, "--undo"), (keepRedis, "--keep-redis"), (otherInstance, "--other-instance")]
        where values[flag] {
            throw values.refusal(
                of: flag, "it goes with --in-place; run: infisical-ops restore --in-place \(name)")
        }
        guard let folder = values[files] else { return try restoreDatabase(values, context) }
        let ofDatabases = [
            values.isGiven(database), values.isGiven(server), values.isGiven(tables), values.isGiven(role),
            values.isGiven(noOwner), values.isGiven(createRoles), values.isGiven(strict), values.isGiven(jobs),
        ]
        if ofDatabases.contains(true) {
            throw values.refusal(of: files, "it cannot go with options that are about a database")
        }
        return try restoreFiles(folder, values, context)
    }

    private static func restoreInPlace(_ values: ParsedValues, _ context: CommandContext) throws -> ExitCode {
        let ofNewDatabases = [
            values.isGiven(server), values.isGiven(files), values.isGiven(tables), values.isGiven(role),
            values.isGiven(locale),
        ]
        if ofNewDatabases.contains(true) {
            throw values.refusal(of: inPlace, "it cannot go with options that are about a new database or a folder")
        }
        if values[undo], values.isGiven(id) {
            throw values.refusal(of: undo, "it takes no backup: the database that was replaced last comes back")
        }
        var options = InPlaceRestore.Options()
        options.id = values[id]
        options.noOwner = values[noOwner]
        options.isStrict = values[strict]
        options.createRoles = values[createRoles]
        options.jobs = values[jobs]
        options.identityFile = values[identity]
        options.keepsRedis = values[keepRedis]
        options.undoes = values[undo]
        return try RestoreInPlace.run(
            options, replacesOther: values[otherInstance], dryRun: values[dryRun], yes: values[yes], context)
    }

    private static func restoreFiles(
        _ folder: String, _ values: ParsedValues, _ context: CommandContext
    ) throws -> ExitCode {
        let operation = RestoreFilesOperation(
            try context.workplace(envFiles: .nothing), id: values[id], folder: folder, identityFile: values[identity])
        let plan = try operation.plan()
        let steps =
            ["Put the escrow files of \(plan.backup) into \(folder), readable by this user only"]
            + plan.files.map { ControlCharacters.escaped("  \($0.path) (was \($0.was))") }
        for warning in plan.warnings { context.output.warning(warning) }
        guard try context.agree(to: steps, dryRun: values[dryRun], yes: values[yes]) else {
            return try context.endDryRun(
                "restore-files-plan", steps, warnings: plan.warnings, exit: plan.exit, plan.warnings.first)
        }
        try operation.perform(plan)
        context.output.line("done: \(Units.counted(plan.files.count, "file"))")
        try context.output.object(RestoreFilesResult(plan))
        return plan.exit
    }

    private static func restoreDatabase(_ values: ParsedValues, _ context: CommandContext) throws -> ExitCode {
        var endpoint: Endpoint?
        if let url = values[server] {
            var bytes = Array(url.utf8)
            let address: PostgresURL
            do { address = try PostgresURL(Secret(consuming: &bytes)) } catch {
                throw values.refusal(
                    of: server, "it is not of the form postgresql://user@host:port/database: \(error.text)")
            }
            if address.password != nil { throw RestoreFault.passwordInURL }
            endpoint = Endpoint(address, origin: "--to-server")
        }
        guard let name = values[database] ?? endpoint?.database else {
            throw UsageFault.missingChoice(
                ["--to-database", "--to-server", "--in-place", "--files"], in: values.command)
        }
        guard name.utf8.count <= 63 else {
            throw values.refusal(of: database, "PostgreSQL allows at most 63 bytes in a name")
        }
        var options = RestoreOperation.Options(database: name)
        options.id = values[id]
        options.server = endpoint
        options.role = values[role]
        options.tables = values[tables]
        options.noOwner = values[noOwner]
        options.isStrict = values[strict]
        options.createRoles = values[createRoles]
        options.locale = values[locale]
        options.jobs = values[jobs]
        options.identityFile = values[identity]
        let workplace = try context.workplace(envFiles: .whatIsThere), operation = RestoreOperation(workplace, options)
        let plan = try operation.plan()
        if values[dryRun] { try workplace.requireRepositoryFree(.shared) }
        let leftovers = plan.leftovers.map {
            "the database \"\($0)\" was left behind by a restore that was killed; DROP DATABASE removes it"
        }
        let said = plan.warnings + plan.remarks + leftovers
        for warning in said { context.output.warning(warning) }
        let steps = steps(plan, into: name, options)
        guard try context.agree(to: steps, dryRun: values[dryRun], yes: values[yes]) else {
            return try context.endDryRun("restore-plan", steps, warnings: said, exit: plan.exit, plan.warnings.first)
        }
        let report = try ProgressLine.during("restore", output: context.output) { progress in
            try operation.perform(plan, progress: progress)
        }
        context.output.line(
            "restored \(Units.counted(report.rows, "row")) in \(Units.counted(plan.tables.count, "table")) into "
                + "\"\(ControlCharacters.escaped(name))\" in \(Units.seconds(report.seconds))")
        let whole = options.tables.isEmpty ? "every table has" : "what was restored has"
        context.output.line("\(whole) as many rows as in the backup, and the content of every chunk was checked")
        for concern in plan.concerns {
            context.output.line(context.output.styled(ControlCharacters.escaped(concern), .attention))
        }
        for note in report.notes { context.output.line(ControlCharacters.escaped(note)) }
        LossText.show(report.losses, context.output)
        try context.output.object(RestoreResult(report, into: name, warnings: said))
        return report.exit
    }

    private static func steps(
        _ plan: RestoreOperation.Plan, into name: String, _ options: RestoreOperation.Options
    ) -> [String] {
        let rows = plan.tables.reduce(0) { $0 + $1.rows }
        var steps = [
            "Restore \(plan.backup.id.text) (\(plan.backup.manifest.started)) into the new database "
                + "\"\(ControlCharacters.escaped(name))\"",
            "  on \(plan.server), PostgreSQL \(plan.targetVersion): \(Units.counted(rows, "row")) in "
                + Units.counted(plan.tables.count, "table"),
        ]
        if !options.tables.isEmpty {
            // A partitioned table has hundreds of partitions: it is called as it was asked for.
            let names = plan.tables.count <= options.tables.count ? plan.tables.map(\.displayName) : options.tables
            let words = names.map { ControlCharacters.escaped($0) }.joined(separator: ", ")
            steps.append("  only the rows of \(words); all other tables are created, empty and without foreign keys")
        }
        let original = plan.database.server.locale ?? plan.database.server.collate
        if plan.locale.name != original { steps.append("  with the locale \(plan.locale.name) instead of \(original)") }
        if options.createRoles {
            steps += plan.missingRoles.map { "  create the role \(ControlCharacters.escaped($0)), without login" }
        }
        if let key = plan.key { steps.append("  " + key) }
        return steps
    }
}

extension ValueFormat<String> {
    /// The databases that a backup may hold.
    fileprivate static var databaseRole: ValueFormat {
        let roles = ["main", "audit-logs"]
        return ValueFormat(expected: "either main or audit-logs", allowed: roles) { text in
            roles.contains(text) ? .value(text) : .unexpected
        }
    }
}
