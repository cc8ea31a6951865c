import DurableFiles
import Repository
import Settings

/// The files of the instance that a new host would need: env files, and what the configuration adds.
struct EscrowSelection {
    let files: [Escrow.File]

    /// Reads them; a named file that is missing is an error, because a backup without its key is worthless.
    init(_ workplace: Workplace) throws {
        let access = workplace.surroundings.files
        files = try (workplace.configuration.envFiles + workplace.configuration.extraFiles).map { path in
            let content = try access.readSecret(path, limit: Escrow.limit)
            let mode = try access.status(path, followingLinks: true)?.mode ?? 0o600
            return Escrow.File(path: path, mode: mode & 0o777, content: content)
        }
    }
}
