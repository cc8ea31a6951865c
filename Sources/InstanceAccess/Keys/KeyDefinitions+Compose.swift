package import DurableFiles
package import Instance
import Secrets
import Settings

extension KeyDefinitions {
    /// Those of an instance in containers that Compose made.
    ///
    /// - Throws: also `InstanceFault.notComposed`, `.composeMissing`.
    package init(_ targets: [Target], of instance: InstanceAccess, shell: Set<String> = []) throws {
        let containers = try instance.requireContainers()
        guard let labels = containers.compose, !labels.files.isEmpty else {
            throw InstanceFault.notComposed(container: containers.backendOrAny?.name ?? "infisical-backend")
        }
        let own = InstanceContainers.Role.allCases.compactMap { role -> String? in
            guard let compose = containers[role]?.compose, compose.project == labels.project else { return nil }
            return compose.service
        }
        try self.init(
            targets, of: labels, own: Set(own), shell: shell, instance.surroundings.docker, instance.surroundings.files)
    }

    /// Those of a compose project.
    package init(
        _ targets: [Target], of labels: ComposeLabels, own: Set<String>, shell: Set<String> = [], _ docker: Docker,
        _ files: Files
    ) throws {
        guard let compose = try Compose(docker, labels) else { throw InstanceFault.composeMissing }
        let version = try KeyDefinitions.version(compose, labels)
        try self.init(
            targets, in: try ProjectEnvFiles(labels, files), own: own, shell: shell,
            render: compose.rendering(labels.project, version: version))
    }

    /// The targets that would not say the new value once the edits are written, if Compose were then called with other env
    /// files: a file that is passed alone takes the place of `.env`.
    ///
    /// - Parameter environmentFiles: those of `--env-file` in their order; empty for `.env`.
    package func unmet(
        _ targets: [Target], of labels: ComposeLabels, calledWith environmentFiles: [String], _ docker: Docker,
        _ files: Files
    ) throws -> [Target] {
        let labels = ComposeLabels(
            project: labels.project, folder: labels.projectFolder ?? "/", files: labels.files,
            environmentFiles: environmentFiles)
        guard let compose = try Compose(docker, labels) else { throw InstanceFault.composeMissing }
        let changes = try ProjectEnvFiles(labels, files).changes(edits)
        let version = try KeyDefinitions.version(compose, labels)
        let render = compose.rendering(labels.project, version: version)
        let project = try render(changes.ofProject, changes.ofServices)
        return targets.filter { target in
            let value = project.services[target.service]?.environment[target.variable]
            return value?.trimmed().equals(target.new.trimmed()) != true
        }
    }

    /// The version that the compose files name; a file that is added to them names the same.
    private static func version(_ compose: Compose, _ labels: ComposeLabels) throws -> String? {
        try RenderedProject(try compose.rendered(), project: labels.project).services.values.first?.formatVersion
    }
}
