import DurableFiles
import Instance
package import Repository
import Settings

/// The files of the instance that a new host would need: env and compose files, what the configuration adds, and the
/// environment of the running backend where it has keys that no env file has.
package struct EscrowSelection: Sendable {
    package let files: [Escrow.File]
    /// The keys of the env files among them, and the running backend's. They are tried on the data, so they must come out
    /// of the bytes that are sealed: a file may have been edited since the configuration was read.
    package let keys: KeysInForce
    /// Files of other services that cannot be read, and are not kept; one sentence without full stop each.
    package let warnings: [String]

    /// Reads them; a named file that is missing is an error, because a backup without its key is worthless.
    package init(_ access: InstanceAccess) throws {
        let reader = access.surroundings.files, configuration = access.configuration
        let read = { (path: String) in
            let content = try reader.readSecret(path, limit: Escrow.limit)
            let mode = try reader.status(path, followingLinks: true)?.mode ?? 0o600
            return Escrow.File(path: path, mode: mode & 0o777, content: content)
        }
        let envFiles = try configuration.envFiles.map(read)
        var warnings: [String] = []
        let others = configuration.composeFiles + configuration.extraFiles
        var files = envFiles
        for path in others where !files.contains(where: { $0.path == path }) { files.append(try read(path)) }
        for path in configuration.otherFiles where !files.contains(where: { $0.path == path }) {
            // Another service's own: without it the instance can be backed up all the same.
            do throws(FileFault) {
                files.append(
                    Escrow.File(path: path, mode: 0o600, content: try reader.readSecret(path, limit: 1 << 16)))
            } catch {
                if case .interrupted = error { throw error }
                warnings.append(
                    "an env file of another service is not in the backup, and recover will put an empty one in its "
                        + "place: \(error.message)")
            }
        }
        self.warnings = warnings
        let instance = try InstanceEnvironment(
            texts: envFiles.map { ($0.path, $0.content) }, syntax: configuration.envSyntax)
        keys = KeysInForce(access, envFiles: instance)
        if keys.addsKeys, let backend = access.containers?[.backend] {
            files.append(
                Escrow.File(
                    path: "/container/\(backend.name).env", mode: 0o600, content: EnvFile.text(backend.environment)))
        }
        self.files = files
    }
}
