import DurableFiles
import FoundationEssentials
import Secrets
package import Settings

/// `.infisical.json`, in which Infisical's command line client keeps the project of a folder.
package struct ProjectFile: Sendable {
    package let path: String
    /// The project's id.
    package let project: String?
    /// The environment's slug.
    package let environment: String?

    private struct Content: Decodable {
        let workspaceId: String?
        let defaultEnvironment: String?
    }

    /// Looks in the working folder and in those above it, as the client does.
    ///
    /// - Returns: nil where there is none.
    /// - Throws: `projectFileUnreadable` for one that is not its JSON, `projectFileUntrusted` for one that others decide
    ///   about: it says whose secrets go into a file.
    package static func find(_ surroundings: SettingsSurroundings) throws -> ProjectFile? {
        let files = Files(effects: surroundings.effects), trust = FileTrust(surroundings)
        var folder = surroundings.workingFolder
        while true {
            let path = Files.join(folder, ".infisical.json")
            if try files.status(path, followingLinks: true)?.kind == .file {
                return try read(path, files, trust)
            }
            if folder == "/" || folder.isEmpty { return nil }
            folder = Files.parent(of: folder)
        }
    }

    private static func read(_ path: String, _ files: Files, _ trust: FileTrust) throws -> ProjectFile {
        // What is checked is what is read.
        let file = try files.openForReading(path)
        do { try trust.check(deciding: path, file.status) } catch {
            guard case .untrusted(_, let reason, _) = error else { throw error }
            throw InstanceDataFault.projectFileUntrusted(path: path, reason: reason)
        }
        let text = try Files.readSecret(file, limit: 1 << 16)
        do {
            let content = try text.withBytes { try JSONDecoder().decode(Content.self, from: Data($0)) }
            let filled = { (text: String?) in text.flatMap { $0.isEmpty ? nil : $0 } }
            return ProjectFile(
                path: path, project: filled(content.workspaceId), environment: filled(content.defaultEnvironment))
        } catch { throw InstanceDataFault.projectFileUnreadable(path: path) }
    }
}
