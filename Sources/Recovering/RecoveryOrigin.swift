import DurableFiles
import Instance
import Repository
import Secrets
import Settings

/// Where the instance stood: its compose project, as the backup recorded it, or as the kept files tell where the backup is
/// of a release that did not record it.
struct RecoveryOrigin {
    let project: String
    let folder: String
    /// Absolute paths on the lost host.
    let files: [String]
    let environmentFiles: [String]
    private let services: [String: String]
    /// What to say of a project that was not recorded; a sentence without full stop.
    let warning: String?

    /// - Throws: `noComposeFile`, `filesNotKept`.
    init(_ manifest: Manifest, _ kept: [KeptFile]) throws(RecoveryFault) {
        let backup = manifest.id.text
        if let record = manifest.compose {
            (project, folder, services) = (record.project, record.folder, record.services)
            (files, environmentFiles, warning) = (record.files, record.environmentFiles, nil)
        } else {
            let found = kept.filter { RecoveryOrigin.isCompose($0) }.map(\.recorded)
            guard let first = found.first else { throw .noComposeFile(backup: backup) }
            folder = Files.parent(of: first)
            project = RecoveryOrigin.standardName(Files.name(of: folder))
            (files, environmentFiles, services) = (found, [], [:])
            warning =
                "the backup does not record the compose project: its name is taken to be \(project), its folder \(folder)"
        }
        guard !files.isEmpty else { throw .noComposeFile(backup: backup) }
        let missing = (files + environmentFiles).filter { path in !kept.contains { $0.recorded == path } }
        if !missing.isEmpty { throw .filesNotKept(missing, backup: backup) }
    }

    /// Env files of services that were not kept, and that Compose wants before it reads anything of the project: earlier
    /// releases kept only those of the instance's own services.
    ///
    /// - Returns: paths on the lost host.
    func missingEnvFiles(_ kept: [KeptFile], _ access: Files) throws(SettingsFault) -> [String] {
        var missing: [String] = []
        for file in kept where files.contains(file.recorded) {
            let compose = try ComposeFile(file.content, path: file.recorded, projectFolder: folder)
            let wanted = compose.services.flatMap { compose.envFiles(of: $0) }.filter(\.isRequired)
                .map { access.normalised($0.path) }
            for path in wanted where !kept.contains(where: { $0.recorded == path }) && !missing.contains(path) {
                missing.append(path)
            }
        }
        return missing
    }

    /// The service of the project that does a part's work; nil where it has none.
    func service(_ role: InstanceContainers.Role, in rendered: RenderedProject) -> String? {
        ([services[role.rawValue]].compactMap(\.self) + role.services).first { rendered.services[$0] != nil }
    }

    /// Whether a kept file has services.
    private static func isCompose(_ file: KeptFile) -> Bool {
        guard file.recorded.hasSuffix(".yml") || file.recorded.hasSuffix(".yaml") else { return false }
        // One that cannot be read is none.
        guard let project = try? RenderedProject(file.content, project: "") else { return false }
        return !project.services.isEmpty
    }

    /// What Compose calls the project of a folder that gives it no other name.
    private static func standardName(_ folder: String) -> String {
        let kept = folder.lowercased().unicodeScalars.filter {
            ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == "_" || $0 == "-"
        }
        return String(String.UnicodeScalarView(kept).drop { $0 == "_" || $0 == "-" })
    }
}

/// A file out of the escrow, by where it lay.
struct KeptFile {
    let recorded: String
    let content: Secret
    /// Permission bits that it had.
    var mode: UInt32 = 0o600

    /// Those that were files of the host; the environment of a container that was kept beside them was none.
    static func all(_ kept: [(name: String, file: Escrow.File)]) -> [KeptFile] {
        kept.filter { $0.file.path.hasPrefix("/") && !$0.file.path.hasPrefix("/container/") }.map {
            KeptFile(recorded: $0.file.path, content: $0.file.content, mode: $0.file.mode)
        }
    }
}
