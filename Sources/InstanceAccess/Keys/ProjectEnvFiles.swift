package import DurableFiles
package import Instance
package import Secrets
package import Settings

/// The env files of a compose project, read: those that stand for its variables, and those that services are given.
package struct ProjectEnvFiles: Sendable {
    /// `.env` or the files of `--env-file`, later ones overriding earlier ones.
    package let ofProject: [EnvFile]
    /// The project's `.env` where other files take its place: it would count again as soon as Compose is called without them.
    package let besides: EnvFile?
    /// By service, later ones overriding earlier ones.
    package let ofServices: [String: [EnvFile]]
    /// The project's compose files with their text.
    package let compose: [(path: String, text: Secret)]

    package init(
        ofProject: [EnvFile], besides: EnvFile? = nil, ofServices: [String: [EnvFile]],
        compose: [(path: String, text: Secret)]
    ) {
        self.ofProject = ofProject
        self.besides = besides
        self.ofServices = ofServices
        self.compose = compose
    }

    /// Reads what the labels of a container name. A file that may be missing and is counts as empty.
    package init(_ labels: ComposeLabels, _ files: Files) throws {
        let read = { (path: String) in try files.readSecret(path, limit: 4 << 20) }
        var variables: [String: Secret] = [:], project: [EnvFile] = []
        let folder = labels.projectFolder ?? "/"
        let own = Files.join(folder, ".env")
        let isThere = { (path: String) in try files.status(path, followingLinks: true) != nil }
        let named = labels.environmentFiles.isEmpty ? (try isThere(own) ? [own] : []) : labels.environmentFiles
        for path in named.map(files.normalised) {
            let file = try EnvFile(try read(path), path: path, environment: variables)
            for entry in file.entries { variables[entry.name] = entry.value }
            project.append(file)
        }
        let isUsed = project.contains { $0.path == files.normalised(own) }
        let besides = try isUsed || !isThere(own) ? nil : EnvFile(try read(own), path: files.normalised(own))
        var services: [String: [EnvFile]] = [:], compose: [(String, Secret)] = []
        for path in labels.files {
            let text = try read(path), file = try ComposeFile(text, path: path, projectFolder: folder)
            compose.append((path, text))
            for service in file.services {
                for reference in file.envFiles(of: service) {
                    let path = files.normalised(reference.path)
                    if try !reference.isRequired && !isThere(path) { continue }
                    services[service, default: []].append(
                        try EnvFile(try read(path), path: path, environment: variables))
                }
            }
        }
        self.init(ofProject: project, besides: besides, ofServices: services, compose: compose)
    }

    /// What variables of the project, and those that services are given, say otherwise once edits are written.
    func changes(
        _ edits: [EnvFileEdit]
    ) -> (ofProject: [String: Secret], ofServices: [String: [String: Secret]]) {
        let after = { (file: EnvFile) in edits.first { $0.before.path == file.path }?.after ?? file }
        let changed = { (files: [EnvFile]) in
            let old = ProjectEnvFiles.values(files)
            return ProjectEnvFiles.values(files.map(after)).filter { name, value in
                old[name].map { !$0.equals(value) } ?? true
            }
        }
        return (changed(ofProject), ofServices.mapValues(changed).filter { !$0.value.isEmpty })
    }

    /// What the variables of the project's files say together.
    static func values(_ files: [EnvFile]) -> [String: Secret] {
        Dictionary(files.flatMap(\.entries).map { ($0.name, $0.value) }) { $1 }
    }
}
