import Faults
import Instance
package import Repository

/// What the instance's containers were made from, for the manifest.
package struct ContainerImages {
    package let records: [Manifest.ContainerRecord]?
    /// Where they came from; nil where Compose did not make them.
    package let compose: Manifest.ComposeRecord?
    package let warnings: [String]

    /// A backup goes on without: only the data and its key are indispensable.
    package init(_ instance: InstanceAccess) {
        guard let found = instance.containers else {
            (records, compose, warnings) = (nil, nil, [])
            return
        }
        var digests: [String: [String]] = [:], warnings: [String] = []
        do {
            digests = try instance.surroundings.docker.digests(of: found.containers.values.map(\.image))
        } catch {
            warnings = ["the digests of the images are not known: \(Failure(.of(error)).message)"]
        }
        self.warnings = warnings
        compose = Manifest.ComposeRecord(found)
        records = InstanceContainers.Role.allCases.compactMap { role in
            found[role].map { container in
                Manifest.ContainerRecord(
                    role: role.rawValue, name: container.name, image: container.imageName, imageID: container.image,
                    digests: digests[container.image] ?? [])
            }
        }
    }
}

extension InstanceAccess {
    /// Whether the backend's container is of the very image that it ran from when a backup was taken; false where nothing tells.
    package func hasBackendImage(of manifest: Manifest) -> Bool {
        let record = manifest.containers?.first { $0.role == InstanceContainers.Role.backend.rawValue }
        return record.map { $0.imageID == containers?[.backend]?.image } ?? false
    }
}
