import Arguments
import DurableFiles
import Effects
import Faults
import Glibc
import InstanceAccess
import InstanceData
import Operations
import Results
import SecretExport
import Secrets
import Settings

/// `infisical-ops export`
enum ExportCommand {
    static let project = Option("project", value: "PROJECT", .text, help: "The project: its id, slug or name.")
    static let projectID = Option("projectId", value: "ID", .text, visibility: .hidden, help: "As --project.")
    static let environment = Option(
        "env", value: "SLUG", .text, whenAbsent: "that of .infisical.json, then of the configuration, then dev",
        help: "The environment's slug.")
    static let path = Option("path", value: "FOLDER", .text, help: "The folder.")
    static let recursive = Flag("recursive", help: "With the folders below.")
    static let format = Option(
        "format", value: "FORMAT", .exportFormat,
        help: "dotenv, dotenv-export, docker, systemd, json, yaml or csv; each is read back exactly by its own readers."
    ).defaulting(to: .dotenv)
    static let compatible = Flag(
        "compatible",
        help: "Write dotenv byte by byte as Infisical's client does, or refuse where that would be broken.")
    static let from = Option(
        "from", value: "PLACE", .text.completed(by: .command(["list", "--ids"])),
        help: "live, the id of a backup, latest, or auto: live, and where that cannot be read, the latest backup."
    ).defaulting(to: "live")
    static let maxAge = Option(
        "max-age", value: "DURATION", .duration, whenAbsent: "any", help: "Refuse a backup that is older than this.")
    static let output = Option(
        "output", short: "o", value: "FILE", .file, whenAbsent: "standard output",
        help: "Replace this file when all is there; only its owner can read it.")
    static let outputFile = Option(
        "output-file", value: "FILE", .file, visibility: .hidden, help: "As --output.")
    static let allowEmpty = Flag(
        "allow-empty", help: "With --output: replace a file with content also where there is no secret to write.")
    static let list = Flag(
        "list", help: "Show projects, environments, folders and how many secrets each has; no values.")
    static let user = Option(
        "user", value: "EMAIL", .text, whenAbsent: "shared values only",
        help: "Whose personal values win over shared ones.")
    static let tags = Option("tags", value: "SLUG", .text, help: "Only secrets with this tag.").repeated()
    static let noExpand = Flag("no-expand", help: "Leave references as they are written.")
    static let noImports = Flag("no-imports", help: "Leave out what is imported.")
    static let versions = Flag("versions", help: "With earlier values of each secret; only the format json has them.")
    static let identity = Option("identity-file", value: "FILE", .file, help: "The identity that reads the backup.")
    static let keyFile = Option(
        "key-file", value: "FILE", .file, help: "An env file with the key, instead of the one that belongs to the data."
    )
    static let yes = Flag("yes", short: "y", help: "Show secrets on a terminal.")

    static let command = Command<CommandContext>(
        name: "export", abstract: "Write out secrets while Infisical does not answer.",
        discussion: """
            Reads the database itself, or a backup without any server, and opens the secrets with the instance's key. \
            Infisical need not run. Project, environment and folder are those of .infisical.json or of the configuration \
            where nothing names them. With --list they choose what is listed, and folders deep below it are counted.
            """,
        group: Groups.emergency,
        options: [
            project, projectID, environment, path, recursive, format, compatible, from, maxAge, output, outputFile,
            allowEmpty, list, user, tags, noExpand, noImports, versions, identity, keyFile, yes,
        ], choices: [.atMostOne(project, projectID), .atMostOne(output, outputFile)],
        examples: [
            Example(["export", "--list"], "What there is."),
            Example(
                ["export", "--project", "web", "--env", "prod", "--output", "app.env"],
                "For docker compose, or to source in a shell."),
            Example(["export", "--from", "auto", "--output", ".env.infisical"], "For the script that starts a stack."),
        ]
    ) { values, context in
        var options = ExportOperation.Options()
        options.place = place(values[from])
        options.maxAge = values[maxAge].map { $0.components.seconds }
        options.format = values[format]
        options.isCompatible = values[compatible]
        options.identityFile = values[identity]
        options.keyFile = values[keyFile]
        options.again = { again(values, from: $0) }
        try refuseUnused(values, options)
        let isBackup = options.place == .backup(values[from])
        let workplace = try context.workplace(discovers: !isBackup, envFiles: isBackup ? .nothing : .whatIsThere)
        if values[list] {
            let operation = ExportOperation(workplace, options)
            var selection = InstanceListing.Selection()
            selection.project = values[project] ?? values[projectID]
            selection.environment = values[environment]
            selection.path = values[path]
            let reading = try operation.list(selection), result = ExportListResult(reading)
            ExportListText.show(reading.content, context.output.asked)
            for warning in result.warnings { context.output.warning(warning) }
            // A list that is there says nothing of whether the values can be read.
            context.output.remark(
                "no key was tried, because a list needs none; to try it, run: infisical-ops census "
                    + (result.backup ?? "--live"))
            try context.output.object(result)
            return reading.standing
        }
        let file = try regular(values[output] ?? values[outputFile], workplace.surroundings.files)
        if file == nil {
            if context.output.json { throw InstanceDataFault.jsonWithoutFile }
            if isatty(1) == 1, !values[yes] { throw InstanceDataFault.secretsOnTerminal }
        }
        let (request, projectFile) = try request(values, workplace, context)
        // What was exported earlier is worth more than what is left.
        if let file, let status = try workplace.surroundings.files.status(file), status.size > 0 {
            options.replacedFile = file
        }
        let reading = try ExportOperation(workplace, options).export(request)
        if !values[tags].isEmpty, reading.content.export.secrets.isEmpty {
            throw InstanceDataFault.noSuchTag(values[tags].joined(separator: ", "))
        }
        let text = reading.content.written.text
        if let file {
            if let replaced = options.replacedFile, !values[allowEmpty] {
                try refuseNothing(reading.content, in: replaced, values, workplace.surroundings.files)
            }
            try workplace.surroundings.files.publishSecret(text, at: file)
        } else {
            context.output.secret(text)
        }
        let result = ExportResult(reading, format: options.format, output: file)
        for warning in result.warnings { context.output.warning(warning) }
        let read = result.bytesRead.map { ", \(Units.bytes($0)) of it read" } ?? ""
        let export = reading.content.export, folder = FolderPath.normalized(request.path)
        context.output.remark(
            "\(Units.counted(result.secrets, "secret")) of the project \(export.project.slug), environment "
                + "\(export.environment.slug), folder \(folder)\(request.isRecursive ? " and below" : "")"
                + (projectFile.map { " (as \($0) says)" } ?? "")
                + ", from \(reading.origin.text)\(read), in \(Units.seconds(result.seconds))")
        try context.output.object(result)
        return reading.exit
    }

    /// What would have no effect is refused: whoever gives it expects one.
    private static func refuseUnused(_ values: ParsedValues, _ options: ExportOperation.Options) throws {
        if values[list] {
            let unused: [any Declared] = [
                recursive, format, compatible, output, outputFile, allowEmpty, user, tags, noExpand, noImports,
                versions, keyFile,
                yes,
            ]
            for declared in unused where isGiven(declared, values) {
                throw refusal(of: declared, "it cannot go with --list, which reads no secrets", values)
            }
        }
        if values[allowEmpty], (values[output] ?? values[outputFile]).map(isStandardOutput) ?? true {
            throw values.refusal(of: allowEmpty, "it is about the file that is replaced; add --output FILE")
        }
        if values[versions], options.format != .json {
            throw values.refusal(of: versions, "only the format json has earlier values; add --format json")
        }
        if values[compatible], !options.format.hasCompatibleForm {
            throw values.refusal(of: compatible, "it goes with the formats dotenv and dotenv-export")
        }
        guard options.place == .live else { return }
        for declared in [maxAge, identity] as [any Declared] where isGiven(declared, values) {
            throw refusal(of: declared, "it is about backups; add --from latest, --from auto or --from ID", values)
        }
    }

    /// Keeps a file with content where there is nothing to write; one that holds just that is written again.
    private static func refuseNothing(
        _ secrets: ExportOperation.Secrets, in file: String, _ values: ParsedValues, _ files: Files
    ) throws {
        guard let reason = secrets.emptiness else { return }
        do {
            let now = try files.readSecret(file, limit: 1 << 12).withBytes { Array($0) }
            if now == secrets.written.text.withBytes({ Array($0) }) { return }
        } catch {}  // What cannot be read is larger, or somebody else's.
        var list = ["infisical-ops", "export", "--list"]
        for option in [project, projectID] {
            if let value = values[option] { list += ["--\(option.declaration.name)", value] }
        }
        throw InstanceDataFault.nothingToReplace(
            file: file, reason: reason, list: list + (values.isGiven(from) ? ["--from", values[from]] : []))
    }

    /// The same command for another place.
    private static func again(_ values: ParsedValues, from place: String) -> [String] {
        var words = values.command
        for option in [project, projectID, environment, path, output, outputFile, user, identity, keyFile] {
            if let value = values[option] { words += ["--\(option.declaration.name)", value] }
        }
        if values.isGiven(format) { words += ["--format", values[format].rawValue] }
        words += values[tags].flatMap { ["--tags", $0] }
        let flags = [recursive, compatible, allowEmpty, list, noExpand, noImports, versions, yes]
        words += flags.filter { values[$0] }.map { "--\($0.declaration.name)" }
        return words + ["--from", place]
    }

    private static func isGiven(_ declared: some Declared, _ values: ParsedValues) -> Bool { values.isGiven(declared) }

    private static func refusal(of declared: some Declared, _ reason: String, _ values: ParsedValues) -> UsageFault {
        values.refusal(of: declared, reason)
    }

    /// The file to write; nil for standard output, which people also name so.
    private static func regular(_ path: String?, _ files: Files) throws -> String? {
        guard let path, !isStandardOutput(path) else { return nil }
        // A device, a pipe or a link would be replaced, and not written to.
        if let status = try files.status(path), status.kind != .file {
            throw InstanceDataFault.outputIsNoFile(path, isFolder: status.kind == .folder)
        }
        let folder = Files.parent(of: path.contains("/") ? path : "./" + path)
        guard let status = try files.status(folder, followingLinks: true) else {
            throw InstanceDataFault.folderMissing(folder)
        }
        if status.kind != .folder { throw FileFault.wrongKind(path: folder, needed: .folder) }
        return path
    }

    private static func isStandardOutput(_ path: String) -> Bool { path == "-" || path == "/dev/stdout" }

    private static func place(_ text: String) -> ExportOperation.Place {
        switch text {
        case "live": .live
        case "auto": .auto
        default: .backup(text)
        }
    }

    /// What nobody named is that of the project file, then of the configuration.
    private static func request(
        _ values: ParsedValues, _ workplace: Workplace, _ context: CommandContext
    ) throws -> (request: ExportRequest, projectFile: String?) {
        let defaults = workplace.configuration.exportDefaults
        let named = values[project] ?? values[projectID]
        // The file's environment belongs to its project.
        let known = named == nil ? try ProjectFile.find(.ofProcess(effects: context.effects)) : nil
        guard let project = named ?? known?.project ?? defaults.project else { throw InstanceDataFault.noProject }
        let request = ExportRequest(
            project: project, environment: values[environment] ?? known?.environment ?? defaults.environment,
            path: values[path] ?? defaults.path, isRecursive: values[recursive], user: values[user],
            expands: !values[noExpand], includesImports: !values[noImports], tags: values[tags],
            includesVersions: values[versions])
        return (request, known?.project == nil ? nil : known?.path)
    }
}

/// Projects, environments and folders for people.
private enum ExportListText {
    static func show(_ listing: InstanceListing, _ output: Output) {
        for listed in listing.projects {
            let project = listed.project
            output.line(
                output.styled(ControlCharacters.escaped(project.slug), .title)
                    + "  \(ControlCharacters.escaped(project.name)), id \(ControlCharacters.escaped(project.id))")
            var table = TextTable([
                .text("ENV"), .number("SHARED"), .number("PERSONAL"), .number("IMPORTS"), .text("PATH"),
            ])
            for environment in listed.environments {
                for folder in environment.folders {
                    table.add([
                        ControlCharacters.escaped(environment.slug), Units.count(folder.shared),
                        Units.count(folder.personal), Units.count(folder.imports),
                        ControlCharacters.escaped(folder.path) + below(folder),
                    ])
                }
            }
            for line in table.lines { output.line("  " + line) }
        }
        if listing.projects.isEmpty { output.line("no project holds secrets") }
    }

    /// What is not listed one by one, and `--path` shows.
    private static func below(_ folder: InstanceListing.Folder) -> String {
        guard folder.below.folders > 0 else { return "" }
        return "  and \(Units.counted(folder.below.folders, "folder")) below with "
            + "\(Units.counted(folder.below.secrets, "secret")): see --path"
    }
}

extension ValueFormat<ExportFormat> {
    static var exportFormat: ValueFormat<ExportFormat> {
        let names = ExportFormat.allCases.map(\.rawValue)
        return ValueFormat(expected: names.joined(separator: ", "), allowed: names) { text in
            ExportFormat(rawValue: text).map { .value($0) } ?? .unexpected
        }
    }
}
