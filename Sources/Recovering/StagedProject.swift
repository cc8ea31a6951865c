import DurableFiles
import Faults
import Instance
import InstanceAccess
import Secrets
import Settings

/// The project's files in a folder of their own, under the paths that they had on the lost host: what Compose makes of
/// them is known before anything is put back, and a rehearsal needs nothing else.
struct StagedProject {
    let rendered: RenderedProject
    /// The folder that stands for the root of the lost host.
    private let root: String

    /// - Parameter place: an empty folder that only this user can enter.
    /// - Throws: `projectUnusable`, `InstanceFault.composeMissing`.
    init(_ kept: [KeptFile], _ origin: RecoveryOrigin, in place: String, _ surroundings: Surroundings) throws {
        root = place
        let files = surroundings.files
        let inside = { (path: String) in place + path }
        try files.createFolder(inside(origin.folder))
        // A compose file may name by its whole path what lies outside of the project's folder.
        let named = kept.map(\.recorded).filter { !$0.hasPrefix(Files.join(origin.folder, "")) }
        for file in kept {
            let path = inside(file.recorded)
            try files.createFolder(Files.parent(of: path))
            let isCompose = origin.files.contains(file.recorded)
            let content = isCompose ? StagedProject.moved(file.content, named, place) : file.content
            try files.publishSecret(content, at: path, existing: .refuse)
        }
        let labels = ComposeLabels(
            project: origin.project, folder: inside(origin.folder), files: origin.files.map(inside),
            environmentFiles: origin.environmentFiles.map(inside))
        guard let compose = try Compose(surroundings.docker, labels) else { throw InstanceFault.composeMissing }
        let text: Secret
        do { text = try compose.rendered() } catch {
            let fault: any Fault = .of(error)
            guard fault.code == "process.failed" else { throw error }
            throw RecoveryFault.projectUnusable(reason: fault.message.replacing(place, with: ""))
        }
        rendered = try RenderedProject(text, project: origin.project)
    }

    /// A path of this folder as it was on the lost host.
    func original(_ path: String) -> String { path.hasPrefix(root + "/") ? String(path.dropFirst(root.count)) : path }

    /// The text with these paths below another folder, where they stand as wholes.
    private static func moved(_ text: Secret, _ paths: [String], _ place: String) -> Secret {
        let wanted = paths.map { Array($0.utf8) }.sorted { $0.count > $1.count }, start = Array(place.utf8)
        if wanted.isEmpty { return text }
        return text.withBytes { bytes in
            var moved: [UInt8] = [], position = 0
            while position < bytes.count {
                let rest = bytes[position...]
                let isStart = position == 0 || !isOfPath(bytes[position - 1])
                let match = wanted.first { path in
                    isStart && rest.starts(with: path)
                        && (path.count == rest.count || !isOfPath(rest[rest.startIndex + path.count]))
                }
                if let match { moved += start + match } else { moved.append(bytes[position]) }
                position += match?.count ?? 1
            }
            return Secret(consuming: &moved)
        }
    }

    private static func isOfPath(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "_./-".utf8.contains(byte)
        }
    }
}
