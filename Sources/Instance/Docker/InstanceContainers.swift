/// The containers of one instance: found by their names, and from there by what Compose wrote on them.
package struct InstanceContainers: Sendable {
    /// What a container does for the instance.
    package enum Role: String, Sendable, CaseIterable {
        case database, redis, backend

        /// As it reads in a sentence.
        package var text: String {
            switch self {
            case .database: "the database"
            case .redis: "Redis"
            case .backend: "the backend"
            }
        }

        /// Names of its service, in the usage guide's stack and in Infisical's own compose file.
        package var services: [String] {
            switch self {
            case .database: ["infisical-db", "db"]
            case .redis: ["infisical-redis", "redis"]
            case .backend: ["infisical-backend", "backend"]
            }
        }
    }

    /// Those that exist.
    package let containers: [Role: Container]

    package subscript(role: Role) -> Container? { containers[role] }

    /// The compose project; nil where none of them came from one.
    package var compose: ComposeLabels? {
        [Role.backend, .database, .redis].lazy.compactMap { containers[$0]?.compose }.first
    }

    /// The container that speaks for the instance.
    package var backendOrAny: Container? {
        [Role.backend, .database, .redis].lazy.compactMap { containers[$0] }.first
    }

    /// Finds the containers by name. One that is missing is looked for in the compose project of the others by the name
    /// of its service; without any, the only project with a backend is taken.
    ///
    /// - Throws: `instanceNotFound`, `severalInstances`, and what `Docker` throws.
    package static func find(_ names: [Role: String], in docker: Docker) throws -> InstanceContainers {
        let present = try docker.containers(names.values.sorted())
        var found: [Role: Container] = [:]
        for (role, name) in names { found[role] = present.first { $0.name == name } }
        if found.count == Role.allCases.count { return InstanceContainers(containers: found) }

        let project: String
        if let known = InstanceContainers(containers: found).compose {
            project = known.project
        } else if found.isEmpty {
            project = try onlyProject(names, docker)
        } else {
            // Made by hand: nothing leads from one to the others.
            return InstanceContainers(containers: found)
        }
        let others = try docker.composed(project: project)
        for role in Role.allCases where found[role] == nil {
            found[role] =
                role.services.lazy.compactMap { service in
                    others.first { $0.compose?.service == service }
                }.first
        }
        return InstanceContainers(containers: found)
    }

    private static func onlyProject(_ names: [Role: String], _ docker: Docker) throws -> String {
        let all = try docker.composed()
        let backends = all.filter { container in
            // A service named `backend` is common; the image is what tells.
            Role.backend.services.contains(container.compose?.service ?? "")
                && container.imageName.contains("infisical")
        }
        let projects = Set(backends.compactMap(\.compose?.project)).sorted()
        if projects.count > 1 { throw DockerFault.severalInstances(projects) }
        guard let project = projects.first else {
            throw DockerFault.instanceNotFound(
                names: names.values.sorted(), candidates: all.filter { $0.state == .running }.map(\.name).sorted())
        }
        return project
    }
}
