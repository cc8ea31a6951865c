package import Faults

/// Why the data of an instance cannot be read.
package enum InstanceDataFault: Fault, Equatable {
    case notInfisical(database: String)
    case noKey(file: String)
    /// The only backup to read is older than was allowed.
    case backupTooOld(id: String, taken: String)
    case projectFileUnreadable(path: String)
    /// Nobody said which project.
    case noProject
    case secretsOnTerminal
    case jsonWithoutFile
    /// No secret has one of the tags, so nothing is written.
    case noSuchTag(String)

    package var code: String {
        switch self {
        case .notInfisical: "instance-data.not-infisical"
        case .noKey: "instance-data.no-key"
        case .backupTooOld: "export.backup-too-old"
        case .projectFileUnreadable: "export.project-file-unreadable"
        case .noProject: "export.no-project"
        case .secretsOnTerminal: "export.secrets-on-terminal"
        case .jsonWithoutFile: "export.json-without-file"
        case .noSuchTag: "export.no-such-tag"
        }
    }

    package var message: String {
        switch self {
        case .notInfisical(let database): "the database \(database) does not look like Infisical's"
        case .noKey(let file): "\(file) sets neither ENCRYPTION_KEY nor ROOT_ENCRYPTION_KEY"
        case .backupTooOld(let id, let taken): "the backup \(id) is of \(taken), which is older than --max-age allows"
        case .projectFileUnreadable(let path): "\(path) is not the JSON that Infisical's client writes"
        case .noProject: "no project was named"
        case .secretsOnTerminal: "secrets would be shown on this terminal"
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
        case .projectFileUnreadable:
            [.check("name the project with --project and --env, or mend the file, or run the command elsewhere")]
        case .noProject:
            [
                .command(["infisical-ops", "export", "--list"]),
                .check("name it with --project, or in export.project of the configuration"),
            ]
        case .secretsOnTerminal:
            [.check("send them to a file with --output FILE, or add --yes")]
        case .noSuchTag: [.check("tags are named by their slugs; imported secrets have none")]
        case .jsonWithoutFile:
            [.check("add --output FILE, or ask for the secrets themselves with --format json instead of --json")]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .notInfisical: .failed
        case .noKey, .projectFileUnreadable, .secretsOnTerminal: .refused
        case .backupTooOld: .stale
        case .noSuchTag: .notFound
        case .noProject, .jsonWithoutFile: .usage
        }
    }
}
