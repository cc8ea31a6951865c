package import Faults

/// Why a lost host is not recovered, or not wholly.
package enum RecoveryFault: Fault, Equatable {
    /// The backup keeps none of the files that the instance's containers are made from.
    case noComposeFile(backup: String)
    /// Files that the project was made from, and that the backup does not keep.
    case filesNotKept([String], backup: String)
    /// Files that are there already with other content.
    case filesDiffer([String])
    /// What Compose says of the files.
    case projectUnusable(reason: String)
    /// The project has no service that does this part's work.
    case noService(role: String, project: String)
    /// Containers of the project, or with the names of its containers.
    case instanceExists(project: String, containers: [String])
    /// A volume or folder that already holds something.
    case dataExists(String)
    /// The new server's database has tables that this recovery did not put there.
    case databaseFilled(String, server: String)
    /// The label of the key that the data needs, and those in the files.
    case otherKey(backup: String, needed: String, found: [String], reason: String?)
    /// What the keys came to on the restored database.
    case copyDoesNotOpen(String, backup: String)
    /// The files hold no key at all.
    case noKey(backup: String)
    case notInfisical(backup: String)
    /// Another recovery was begun on this host and not finished.
    case otherUnfinished(backup: String, folder: String, command: [String], record: String)
    case badRecord(path: String)
    case partFails(role: String, condition: String, reason: String, hints: [Hint])
    /// It runs without containers, and what this needs of the configuration is missing.
    case notConfigured(String)

    package var code: String {
        switch self {
        case .noComposeFile: "recover.no-compose-file"
        case .filesNotKept: "recover.files-not-kept"
        case .filesDiffer: "recover.files-differ"
        case .projectUnusable: "recover.project-unusable"
        case .noService: "recover.no-service"
        case .instanceExists: "recover.instance-exists"
        case .dataExists: "recover.data-exists"
        case .databaseFilled: "recover.database-filled"
        case .otherKey: "recover.other-key"
        case .copyDoesNotOpen: "recover.copy-does-not-open"
        case .noKey: "recover.no-key"
        case .notInfisical: "recover.not-infisical"
        case .otherUnfinished: "recover.other-unfinished"
        case .badRecord: "recover.bad-record"
        case .partFails: "recover.part-fails"
        case .notConfigured: "recover.not-configured"
        }
    }

    package var message: String {
        switch self {
        case .noComposeFile(let backup):
            "the backup \(backup) keeps no compose file, so it does not say how the containers are created"
        case .filesNotKept(let files, let backup):
            "the backup \(backup) does not keep files that the compose project was made from: "
                + files.joined(separator: ", ")
        case .filesDiffer(let files):
            "files are there already, with other content than in the backup: \(files.joined(separator: ", ")); nothing was "
                + "changed"
        case .projectUnusable(let reason): "Compose cannot use the files of the backup: \(reason)"
        case .noService(let role, let project):
            "the compose project \(project) has no service for \(RecoveryFault.part(role))"
        case .instanceExists(let project, let containers):
            "there are containers already where the compose project \(project) would create its own: "
                + "\(containers.joined(separator: ", ")); nothing was changed"
        case .dataExists(let place): "\(place) holds data already; nothing was changed"
        case .databaseFilled(let name, let server):
            "the database \"\(name)\" on \(server) has tables that this recovery did not create; it was left as it is"
        case .otherKey(let backup, let needed, let found, let reason):
            "the key in the files of the backup \(backup) (label \(found.joined(separator: ", "))) does not open its data"
                + (needed.isEmpty ? "" : ", which need the key with the label \(needed)")
                + (reason.map { "; \($0)" } ?? "")
        case .copyDoesNotOpen(let summary, _):
            "the restored database does not open with the key in the files, so the backend was not started: \(summary)"
        case .noKey(let backup):
            "the files of the backup \(backup) give the backend no key, and without the right one it would not start"
        case .notInfisical(let backup): "the backup \(backup) is not one of an Infisical database that could be read"
        case .otherUnfinished(let backup, let folder, _, _):
            "another recovery was begun on this host and is not finished: of the backup \(backup) into \(folder)"
        case .badRecord(let path): "\(path) is not the record of a recovery that belongs there"
        case .partFails(let role, let condition, let reason, _):
            "\(RecoveryFault.part(role)) does not work: \(condition)" + (reason.isEmpty ? "" : ": \(reason)")
        case .notConfigured(let what): "the instance runs without containers (instance.containers is none), and \(what)"
        }
    }

    /// A part of the instance as it reads in a sentence.
    private static func part(_ role: String) -> String {
        switch role {
        case "database": "the database"
        case "redis": "Redis"
        default: "the \(role)"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .noComposeFile(let backup), .filesNotKept(_, let backup):
            [
                .files(of: backup, into: "project-files"),
                .check(
                    "start an empty instance by hand with what was kept, then restore the backup into it with "
                        + "restore --in-place"),
            ]
        case .filesDiffer:
            [
                .check("compare them; --overwrite puts the backup's in their place, --keep-existing goes on with them"),
                .check("or give another folder with --into"),
            ]
        case .projectUnusable:
            [.check("restore --files writes them to a folder, where docker compose config says more")]
        case .noService:
            [
                .check(
                    "what does not run in the project is not recovered: restore --to-server loads the database into "
                        + "another server")
            ]
        case .instanceExists(_, let containers):
            [
                .command(["docker", "ps", "--all"]),
                .check(
                    "if nothing of \(containers.count == 1 ? "it" : "them") is needed, remove what is there; to bring a running "
                        + "instance back to a backup, use restore --in-place"),
            ]
        case .dataExists:
            [
                .command(["docker", "volume", "ls"]),
                .check("it may be the instance itself: start it and look, or move it away"),
            ]
        case .databaseFilled:
            [
                .check("a backend that was started meanwhile fills an empty database; look at what is in it"),
                .command(["infisical-ops", "restore", "latest", "--in-place"]),
            ]
        case .otherKey(let backup, _, _, _), .noKey(let backup), .copyDoesNotOpen(_, let backup):
            [
                .command(["infisical-ops", "keys", "check", backup]),
                .files(of: backup, into: "project-files"),
                .check(
                    "put the files where the instance was, with the right key in the env file, and add --keep-existing"),
            ]
        case .notInfisical(let backup):
            [.command(["infisical-ops", "restore", backup, "--to-database", "restored"])]
        case .otherUnfinished(_, _, let command, let record):
            [
                .command(command),
                .check("if that one is not wanted any more, remove its containers and volumes, then \(record)"),
            ]
        case .badRecord(let path):
            [.command(["cat", path]), .check("move it away when nothing of a recovery is running any more")]
        case .partFails(_, _, _, let hints): hints + [.command(["infisical-ops", "health", "--wait", "2m"])]
        case .notConfigured:
            [
                .check("install Infisical, PostgreSQL and Redis as they were, and start the last two"),
                .files(of: "latest"),
                .check(
                    "put the kept files where they were, and name the env file as instance.env_file: it gives the address, the "
                        + "name and the user of the database"),
                .command(["infisical-ops", "restore", "latest", "--to-database", "infisical", "--create-roles"]),
                .check("instead of infisical give the name that is in the env file; then start the backend"),
                .command(["infisical-ops", "health", "--wait", "2m"]),
            ]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .otherKey, .noKey, .copyDoesNotOpen: .keyMismatch
        case .partFails(_, let condition, _, _):
            ["wrong key", "missing key", "broken keys"].contains(condition) ? .keyMismatch : .unhealthy
        case .databaseFilled: .failed
        default: .refused
        }
    }
}
