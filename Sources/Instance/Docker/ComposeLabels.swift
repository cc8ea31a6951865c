/// What Compose wrote on a container that it made: where it came from, and how to make it again.
///
/// The labels are those of the Compose specification's implementation, versions 1 and 2.
package struct ComposeLabels: Sendable, Equatable {
    package let project: String
    package let service: String
    /// The folder that relative paths are taken from.
    package let workingFolder: String?
    /// The compose files in their order, absolute.
    package let files: [String]
    /// The files of `--env-file` in their order, absolute; empty where the project used its `.env`, and from version 1.
    package let environmentFiles: [String]
    /// Version of the Compose that made the container.
    package let version: String?

    /// Those of a project whose containers are yet to be made.
    package init(project: String, folder: String, files: [String], environmentFiles: [String]) {
        self.project = project
        service = ""
        workingFolder = folder
        self.files = files
        self.environmentFiles = environmentFiles
        version = nil
    }

    /// From which relative paths are taken; nil where nothing says so.
    package var projectFolder: String? {
        workingFolder
            ?? files.first.flatMap { path in
                path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) }
            }
    }

    /// - Parameter labels: of the container; nil without those of Compose, and for a container of `run`.
    init?(_ labels: [String: String]) {
        let label = { (name: String) in labels["com.docker.compose." + name].flatMap { $0.isEmpty ? nil : $0 } }
        guard let project = label("project"), let service = label("service"),
            label("oneoff")?.lowercased() != "true"
        else { return nil }
        self.project = project
        self.service = service
        workingFolder = label("project.working_dir")
        version = label("version")
        // Version 1 writes them as they were given, relative to the folder; version 2 absolute.
        let folder = workingFolder
        let paths = { (list: String?) in
            (list ?? "").split(separator: ",").map { path in
                path.hasPrefix("/") ? String(path) : (folder ?? "") + "/" + path
            }
        }
        // One that only fixed an image for a moment is no part of the project.
        files = paths(label("project.config_files")).filter { !$0.hasSuffix("/" + Compose.pinFile) }
        environmentFiles = paths(label("project.environment_file"))
    }
}
