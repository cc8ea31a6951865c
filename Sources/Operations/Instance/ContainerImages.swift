import Faults
import Instance
import InstanceAccess
import Repository

/// What the instance's containers were made from, for the manifest.
struct ContainerImages {
    let records: [Manifest.ContainerRecord]?
    /// Where they came from; nil where Compose did not make them.
    let compose: Manifest.ComposeRecord?
    let warnings: [String]

    /// A backup goes on without: only the data and its key are indispensable.
    init(_ workplace: Workplace) {
        guard let found = workplace.instance.containers else {
            (records, compose, warnings) = (nil, nil, [])
            return
        }
        var digests: [String: [String]] = [:], warnings: [String] = []
        do {
            digests = try workplace.surroundings.docker.digests(of: found.containers.values.map(\.image))
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
