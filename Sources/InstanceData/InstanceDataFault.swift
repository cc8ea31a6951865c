package import Faults

/// Why the data of an instance cannot be read.
package enum InstanceDataFault: Fault, Equatable {
    case notInfisical(database: String)
    case noKey(file: String)
    /// The only backup to read is older than was allowed.
    case backupTooOld(id: String, taken: String)
    /// The newest backup does not stand for the instance; the newest that does and can be opened, if there is one.
    case backupUnusable(id: String, reason: String, usable: String?)
    case projectFileUnreadable(path: String)
    /// Others decide what stands in it; how, as a clause.
    case projectFileUntrusted(path: String, reason: String)
    /// Nobody said which project.
    case noProject
    case secretsOnTerminal
    case jsonWithoutFile
    /// The folder that a file is to be written to.
    case folderMissing(String)
    /// No secret has one of the tags, so nothing is written.
    case noSuchTag(String)

    package var code: String {
        switch self {
        case .notInfisical: "instance-data.not-infisical"
        case .noKey: "instance-data.no-key"
        case .backupTooOld: "export.backup-too-old"
        case .backupUnusable: "export.backup-unusable"
        case .projectFileUnreadable: "export.project-file-unreadable"
        case .projectFileUntrusted: "export.project-file-untrusted"
        case .noProject: "export.no-project"
        case .secretsOnTerminal: "export.secrets-on-terminal"
        case .folderMissing: "export.folder-missing"
        case .jsonWithoutFile: "export.json-without-file"
        case .noSuchTag: "export.no-such-tag"
        }
    }

    package var message: String {
        switch self {
        case .notInfisical(let database): "the database \(database) does not look like Infisical's"
        case .noKey(let file): "\(file) sets neither ENCRYPTION_KEY nor ROOT_ENCRYPTION_KEY"
        case .backupTooOld(let id, let taken): "the backup \(id) is of \(taken), which is older than --max-age allows"
        case .backupUnusable(let id, let reason, let usable):
            "the newest backup \(id) is not taken: \(reason); "
                + (usable.map { "the newest that can be used is \($0)" } ?? "no other backup here can be used")
        case .projectFileUnreadable(let path): "\(path) is not the JSON that Infisical's client writes"
        case .projectFileUntrusted(let path, let reason):
            "\(path) names the project, and is not used: \(reason), so others could decide whose secrets are exported"
        case .noProject: "no project was named"
        case .secretsOnTerminal: "secrets would be shown on this terminal"
        case .folderMissing(let folder): "the folder \(folder) does not exist; nothing was written"
        case .jsonWithoutFile: "--json describes the export on standard output, where the secrets would go"
        case .noSuchTag(let tags): "no secret of the folder has the tag \(tags); nothing was written"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .notInfisical: [.command(["infisical-ops", "config", "show"])]
        case .noKey: [.check("give the instance's env file, or a file with a line ENCRYPTION_KEY=…")]
        case .backupTooOld:
            [.command(["infisical-ops", "list"]), .check("a larger --max-age, or none, reads it all the same")]
        case .backupUnusable(let id, _, let usable):
            (usable.map { [.command(["infisical-ops", "export", "--list", "--from", $0])] }
                ?? [.command(["infisical-ops", "list"])])
                + [.check("with --from \(id) it is read all the same")]
        case .projectFileUnreadable:
            [.check("name the project with --project and --env, or mend the file, or run the command elsewhere")]
        case .projectFileUntrusted(let path, _):
            [
                .command(["ls", "-l", path]),
                .check("name the project with --project and --env, or run the command elsewhere"),
            ]
        case .noProject:
            [
                .command(["infisical-ops", "export", "--list"]),
                .check("name it with --project, or in export.project of the configuration"),
            ]
        case .secretsOnTerminal:
            [.check("send them to a file with --output FILE, or add --yes")]
        case .noSuchTag: [.check("tags are named by their slugs; imported secrets have none")]
        case .folderMissing(let folder): [.command(["mkdir", "-p", folder])]
        case .jsonWithoutFile:
            [.check("add --output FILE, or ask for the secrets themselves with --format json instead of --json")]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .notInfisical: .failed
        case .noKey, .backupUnusable, .projectFileUnreadable, .projectFileUntrusted, .secretsOnTerminal:
            .refused
        case .backupTooOld: .stale
        case .noSuchTag: .notFound
        case .folderMissing: .refused
        case .noProject, .jsonWithoutFile: .usage
        }
    }
}
