import DurableFiles
import Repository
import Settings

/// The files of the instance that a new host would need: env files, and what the configuration adds.
struct EscrowSelection {
    let files: [Escrow.File]
    /// What the env files among them say. The keys in it are tried on the data, so they must come out of the bytes that
    /// are sealed: a file may have been edited since the configuration was read.
    let instance: InstanceEnvironment

    /// Reads them; a named file that is missing is an error, because a backup without its key is worthless.
    init(_ workplace: Workplace) throws {
        let access = workplace.surroundings.files, configuration = workplace.configuration
        let read = { (path: String) in
            let content = try access.readSecret(path, limit: Escrow.limit)
            let mode = try access.status(path, followingLinks: true)?.mode ?? 0o600
            return Escrow.File(path: path, mode: mode & 0o777, content: content)
        }
        let envFiles = try configuration.envFiles.map(read)
        files = envFiles + (try configuration.extraFiles.map(read))
        instance = try InstanceEnvironment(texts: envFiles.map { ($0.path, $0.content) })
    }
}
