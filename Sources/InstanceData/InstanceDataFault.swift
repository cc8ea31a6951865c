package import Faults
package import InstanceAccess

/// Why the data of an instance cannot be read.
package enum InstanceDataFault: Fault, Equatable {
    case notInfisical(database: String)
    /// The same for a backup, with the newest of Infisical's database, if there is one.
    case backupNotInfisical(id: String, other: String?)
    /// The live database does not stand for the instance, and there is nothing to read in it or it was not asked for.
    case liveDoubtful(LiveDoubt)
    /// The same, where a file that is there would be replaced by what is read.
    case wouldReplace(file: String, LiveDoubt, again: [String])
    /// Nothing was found to write, why as a clause, and a file that is there would be replaced by that.
    case nothingToReplace(file: String, reason: String, list: [String])
    case noKey(file: String)
    /// The only backup to read is older than was allowed.
    case backupTooOld(id: String, taken: String)
    /// The newest backup does not stand for the instance; the newest that does and can be opened, if there is one, and the
    /// command that takes that.
    case backupUnusable(id: String, reason: String, usable: String?, again: [String])
    case projectFileUnreadable(path: String)
    /// Others decide what stands in it; how, as a clause.
    case projectFileUntrusted(path: String, reason: String)
    /// Nobody said which project.
    case noProject
    case secretsOnTerminal
    case jsonWithoutFile
    /// The folder that a file is to be written to.
    case folderMissing(String)
    /// What is to be written is the name of something that is no file.
    case outputIsNoFile(String, isFolder: Bool)
    /// No secret has one of the tags, so nothing is written.
    case noSuchTag(String)

    package var code: String {
        switch self {
        case .notInfisical, .backupNotInfisical: "instance-data.not-infisical"
        case .liveDoubtful(let doubt): "instance-data.live-\(doubt.word)"
        case .wouldReplace(_, let doubt, _): "export.live-\(doubt.word)"
        case .nothingToReplace: "export.nothing-to-replace"
        case .noKey: "instance-data.no-key"
        case .backupTooOld: "export.backup-too-old"
        case .backupUnusable: "export.backup-unusable"
        case .projectFileUnreadable: "export.project-file-unreadable"
        case .projectFileUntrusted: "export.project-file-untrusted"
        case .noProject: "export.no-project"
        case .secretsOnTerminal: "export.secrets-on-terminal"
        case .folderMissing: "export.folder-missing"
        case .outputIsNoFile: "export.output-is-no-file"
        case .jsonWithoutFile: "export.json-without-file"
        case .noSuchTag: "export.no-such-tag"
        }
    }

    package var message: String {
        switch self {
        case .notInfisical(let database): "the database \(database) does not look like Infisical's"
        case .backupNotInfisical(let id, _):
            "the backup \(id) is not of Infisical's database: there is no ciphertext in it to try, and no secret to export"
        case .liveDoubtful(let doubt): doubt.message
        case .wouldReplace(let file, let doubt, _): "\(file) is left as it is, because \(doubt.message)"
        case .nothingToReplace(let file, let reason, _):
            "\(file) is left as it is, because nothing would be in its place: \(reason)"
        case .noKey(let file): "\(file) sets neither ENCRYPTION_KEY nor ROOT_ENCRYPTION_KEY"
        case .backupTooOld(let id, let taken): "the backup \(id) is of \(taken), which is older than --max-age allows"
        case .backupUnusable(let id, let reason, let usable, _):
            "the newest backup \(id) is not taken: \(reason); "
                + (usable.map { "the newest that can be used is \($0)" } ?? "no other backup here can be used")
        case .projectFileUnreadable(let path): "\(path) is not the JSON that Infisical's client writes"
        case .projectFileUntrusted(let path, let reason):
            "\(path) names the project, and is not used: \(reason), so others could decide whose secrets are exported"
        case .noProject: "no project was named"
        case .secretsOnTerminal: "secrets would be shown on this terminal"
        case .folderMissing(let folder): "the folder \(folder) does not exist; nothing was written"
        case .outputIsNoFile(let path, let isFolder):
            "the secrets cannot be written to \(path): it is \(isFolder ? "a folder" : "not a regular file"); nothing was "
                + "written"
        case .jsonWithoutFile: "--json describes the export on standard output, where the secrets would go"
        case .noSuchTag(let tags): "no secret of the folder has the tag \(tags); nothing was written"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .notInfisical: [.command(["infisical-ops", "config", "show"])]
        case .backupNotInfisical(_, let other?): [.command(["infisical-ops", "census", other])]
        case .backupNotInfisical(let id, nil):
            [
                .command(["infisical-ops", "show", id]),
                .check("no backup here is of Infisical's database; is the right one backed up?"),
                .command(["infisical-ops", "config", "show"]),
            ]
        case .liveDoubtful(let doubt):
            [.command(["infisical-ops", "export", "--list", "--from", "auto"])] + doubt.hints
        case .wouldReplace(_, let doubt, let again):
            [.command(again)] + doubt.hints
                + [.check("with another --output, what the live database holds is exported all the same")]
        case .nothingToReplace(_, _, let list):
            [
                .command(list),
                .check("was it the folder and environment that were meant? with --allow-empty the file is replaced"),
            ]
        case .noKey:
            [
                .check("give the instance's env file, or a file with a line ENCRYPTION_KEY=…"),
                .command(["infisical-ops", "keys", "check"]),
            ]
        case .backupTooOld:
            [.command(["infisical-ops", "list"]), .check("a larger --max-age, or none, reads it all the same")]
        case .backupUnusable(let id, _, let usable, let again):
            [.command(usable == nil ? ["infisical-ops", "list"] : again)]
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
        case .outputIsNoFile(let path, isFolder: true):
            [.check("name a file in it, such as --output \(path.hasSuffix("/") ? path : path + "/")app.env")]
        case .outputIsNoFile:
            [.check("name a file with --output, or leave it out and send standard output where the secrets shall go")]
        case .jsonWithoutFile:
            [.check("add --output FILE, or ask for the secrets themselves with --format json instead of --json")]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .notInfisical, .backupNotInfisical: .failed
        case .liveDoubtful: .failed
        case .wouldReplace, .nothingToReplace: .refused
        case .noKey: .keyMismatch
        case .backupUnusable, .projectFileUnreadable, .projectFileUntrusted, .secretsOnTerminal: .refused
        case .backupTooOld: .stale
        case .noSuchTag: .notFound
        case .folderMissing, .outputIsNoFile: .refused
        case .noProject, .jsonWithoutFile: .usage
        }
    }
}
