package import Instance
package import Repository

extension Manifest.ComposeRecord {
    /// The compose project of an instance's containers; nil where Compose did not make them.
    package init?(_ containers: InstanceContainers) {
        guard let labels = containers.compose, let folder = labels.projectFolder else { return nil }
        let services = containers.containers.compactMap { role, container in
            container.compose.flatMap { $0.project == labels.project ? (role.rawValue, $0.service) : nil }
        }
        self.init(
            project: labels.project, folder: folder, files: labels.files, environmentFiles: labels.environmentFiles,
            services: Dictionary(services) { first, _ in first })
    }
}
