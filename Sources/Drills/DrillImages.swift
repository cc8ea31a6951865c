import Booting
import Instance
import Repository
import Settings

/// The images of a drill in containers: those that were named, else the very ones that the backup was taken from.
struct DrillImages {
    typealias Role = InstanceContainers.Role

    private let docker: Docker
    private let named: [Role: String]
    private let recorded: [Manifest.ContainerRecord]

    /// - Parameter given: on the command line, before what the configuration names.
    init(
        _ docker: Docker, given: [Role: String], _ configuration: ResolvedConfiguration, of manifest: Manifest
    ) {
        let configured = configuration.drillImages
        let all: [Role: String?] = [
            .backend: configured.backend, .database: configured.database, .redis: configured.redis,
        ]
        self.docker = docker
        named = given.merging(all.compactMapValues(\.self)) { given, _ in given }
        recorded = manifest.containers ?? []
    }

    /// Whether it is known for all that a boot needs; that the engine has them is another matter.
    var areKnown: Bool { Role.allCases.allSatisfy { role in named[role] != nil || record(role) != nil } }

    private func record(_ role: Role) -> Manifest.ContainerRecord? { recorded.first { $0.role == role.rawValue } }

    /// An image that the engine has.
    ///
    /// - Throws: `DrillFault.noImage`, `BootFault.imageMissing`, and what `Docker` throws.
    func image(of role: Role) throws -> String {
        guard docker.isInstalled else { throw DockerFault.notInstalled }
        if let name = named[role] {
            guard try docker.has(image: name) else { throw BootFault.imageMissing(name) }
            return name
        }
        guard let record = record(role) else { throw DrillFault.noImage(role.rawValue) }
        // By its id and by what registries call it: the name may stand for another one by now.
        for name in [record.imageID] + record.digests where try docker.has(image: name) { return name }
        guard let digest = record.digests.first else {
            throw BootFault.imageMissing(record.image, id: record.imageID)
        }
        throw BootFault.imageMissing(digest)
    }

    /// What is not what the backup was taken from, one sentence without full stop each.
    func others() throws -> [String] {
        try Role.allCases.compactMap { role in
            guard let name = named[role] else { return nil }
            if let record = record(role), try docker.imageID(of: name) == record.imageID { return nil }
            return
                "the image \(name) was named for \(role.text), and is not known to be the one that the backup was taken from"
        }
    }

    func all() throws -> BootImages {
        BootImages(
            database: try image(of: .database), redis: try image(of: .redis), backend: try image(of: .backend))
    }
}
