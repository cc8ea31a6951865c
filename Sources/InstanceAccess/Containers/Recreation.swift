import DurableFiles
import Effects
package import Instance
import Secrets
package import Settings

/// Making a container again from its compose project, with the values that the files have now and nothing else changed.
package struct Recreation {
    package let container: Container
    /// Names of the variables that will have another value.
    package let changes: [String]
    private let instance: InstanceAccess
    private let compose: Compose
    private let service: String
    private let wanted: RenderedService

    /// Checks that it can be done, and that nothing but values would change.
    ///
    /// - Throws: `notComposed`, `filesGone`, `composeMissing`, `drifted`.
    package init(_ container: Container, _ instance: InstanceAccess) throws {
        guard let labels = container.compose, !labels.files.isEmpty else {
            throw InstanceFault.notComposed(container: container.name)
        }
        let files = instance.surroundings.files
        let gone = try (labels.files + labels.environmentFiles).filter {
            try files.status($0, followingLinks: true) == nil
        }
        if !gone.isEmpty { throw InstanceFault.filesGone(gone) }
        guard let compose = try Compose(instance.surroundings.docker, labels) else {
            throw InstanceFault.composeMissing
        }
        guard let wanted = try RenderedService(try compose.rendered(), service: labels.service) else {
            throw InstanceFault.drifted(
                container: container.name, differences: ["the project has no service \(labels.service) any more"],
                apply: compose.commandLine(recreating: labels.service))
        }
        let differences = Recreation.differences(container, wanted)
        if !differences.isEmpty {
            throw InstanceFault.drifted(
                container: container.name, differences: differences,
                apply: compose.commandLine(recreating: labels.service))
        }
        self.container = container
        self.instance = instance
        self.compose = compose
        self.wanted = wanted
        service = labels.service
        changes = Recreation.changed(container.environment, wanted.environment)
    }

    /// What the new container will be made with.
    package var environment: InstanceEnvironment {
        get throws { try InstanceEnvironment(container: container.name, wanted.environment) }
    }

    /// Refuses a container without what the one that runs has, and no backend starts without.
    ///
    /// - Throws: `InstanceFault.variablesLost`.
    package func requireSecrets() throws {
        let now = try InstanceEnvironment(container: container.name, container.environment), new = try environment
        let lost = [
            now.hasKey && !new.hasKey ? "ENCRYPTION_KEY" : nil,
            now.authSecret != nil && new.authSecret == nil ? "AUTH_SECRET" : nil,
            now.redis != nil && new.redis == nil ? "REDIS_URL" : nil,
        ].compactMap(\.self)
        if !lost.isEmpty { throw InstanceFault.variablesLost(container: container.name, names: lost) }
    }

    /// The command that does the same by hand.
    package var commandLine: [String] { compose.commandLine(recreating: service) }

    /// - Parameter seconds: how long the old container may take to stop.
    /// - Throws: `otherImage`, `otherEnvironment`.
    package func perform(seconds: Int) throws {
        let docker = instance.surroundings.docker
        // The tag may mean another image by now; the container's own is named by its id.
        let isCurrent = try docker.imageID(of: wanted.image ?? container.imageName) == container.image
        try ImagePin.withPin(
            isCurrent ? nil : container.image, of: service, version: wanted.formatVersion, instance
        ) { pin in try compose.recreate(service, pin: pin, seconds: seconds) }
        guard let made = try docker.containers([container.name]).first else {
            throw InstanceFault.missing(role: service, names: [container.name])
        }
        if made.image != container.image {
            throw InstanceFault.otherImage(container: made.name, wanted: container.image, got: made.image)
        }
        // A reference that was resolved otherwise than it was rendered must not pass for the new value.
        let wrong = Recreation.changed(made.environment, wanted.environment)
        if !wrong.isEmpty { throw InstanceFault.otherEnvironment(container: made.name, names: wrong) }
    }

    /// What else than values would change.
    private static func differences(_ container: Container, _ wanted: RenderedService) -> [String] {
        var differences: [String] = []
        // One that was pinned before is named by its id, and stays pinned.
        let isPinned = container.imageName.hasPrefix("sha256:")
        if let image = wanted.image, image != container.imageName, !isPinned {
            differences.append("the image \(image) instead of \(container.imageName)")
        }
        let ports = Set(container.ports.map(\.inside))
        if container.state == .running, ports != wanted.publishedPorts {
            differences.append(
                "published ports \(list(wanted.publishedPorts)) instead of \(list(ports))")
        }
        let missing = wanted.mounts.subtracting(container.mounts)
        if !missing.isEmpty { differences.append("volumes at \(list(missing))") }
        return differences
    }

    private static func list(_ items: Set<String>) -> String {
        items.isEmpty ? "none" : items.sorted().joined(separator: ", ")
    }

    /// The variables of the service that a container has otherwise or not at all. What only the container has comes from
    /// its image.
    private static func changed(_ container: [String: Secret], _ wanted: [String: Secret]) -> [String] {
        wanted.filter { name, value in
            guard let now = container[name] else { return true }
            return !value.withBytes { bytes in now.withBytes { bytes.elementsEqual($0) } }
        }.keys.sorted()
    }
}
