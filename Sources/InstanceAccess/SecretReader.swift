import DurableFiles
import Processes
import Secrets
import Settings

/// Reads a password, a passphrase or a client secret from where the configuration says that it is to be had: the first line of a file, or of
/// what a program prints.
struct SecretReader {
    private let surroundings: Surroundings

    /// Seconds that a program may take; one that asks somebody has nobody to ask.
    private static let patience = 60
    /// Most that is read, in bytes.
    private static let limit = 1 << 16

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func read(_ source: Sourced<SecretSource>) throws -> Secret {
        let place: String
        let text: Secret
        switch source.value {
        case .file(let path):
            place = path
            text = try content(of: path, source.origin)
        case .command(let words):
            place = words.first ?? ""
            text = try output(of: words, source.origin)
        }
        let line = text.firstLine()
        if line.count == 0 { throw SecretFault.empty(place: place, namedBy: source.origin) }
        if line.withBytes({ $0.contains(0) }) { throw SecretFault.notText(place: place, namedBy: source.origin) }
        return line
    }

    private func content(of path: String, _ origin: Origin) throws -> Secret {
        guard let status = try surroundings.files.status(path, followingLinks: true) else {
            throw SettingsFault.notFound(path: path, namedBy: origin)
        }
        if status.kind == .folder { throw FileFault.wrongKind(path: path, needed: .file) }
        return try surroundings.files.readSecret(path, limit: SecretReader.limit)
    }

    private func output(of words: [String], _ origin: Origin) throws -> Secret {
        guard let program = words.first else { throw SecretFault.empty(place: "", namedBy: origin) }
        do {
            var bytes = try surroundings.processes.run(
                CommandSpec(
                    program, Array(words.dropFirst()),
                    // Password managers find their agents and their stores there; what is ours is none of their business.
                    environment: CommandSpec.inherited { $0 != "PGPASSWORD" && !$0.hasPrefix("INFISICAL_") },
                    output: .collected(limit: SecretReader.limit)),
                deadline: .seconds(SecretReader.patience)
            ).succeeded().output
            return Secret(consuming: &bytes)
        } catch {
            if case .interrupted = error { throw error }
            throw SecretFault.commandFailed(reason: error.message, namedBy: origin)
        }
    }
}
