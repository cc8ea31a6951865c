package import DurableFiles
import FoundationEssentials

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

    /// Looks in a folder and in those above it, as the client does.
    ///
    /// - Returns: nil where there is none.
    /// - Throws: `projectFileUnreadable` for one that is not its JSON.
    package static func find(from folder: String, _ files: Files) throws -> ProjectFile? {
        var folder = folder
        while true {
            let path = Files.join(folder, ".infisical.json")
            if try files.status(path, followingLinks: true)?.kind == .file {
                let bytes = try files.read(path, limit: 1 << 16)
                do {
                    let content = try JSONDecoder().decode(Content.self, from: Data(bytes))
                    let filled = { (text: String?) in text.flatMap { $0.isEmpty ? nil : $0 } }
                    return ProjectFile(
                        path: path, project: filled(content.workspaceId),
                        environment: filled(content.defaultEnvironment))
                } catch { throw InstanceDataFault.projectFileUnreadable(path: path) }
            }
            if folder == "/" || folder.isEmpty { return nil }
            folder = Files.parent(of: folder)
        }
    }
}
