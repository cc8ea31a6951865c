import DurableFiles
import Effects
import Instance
package import Postgres
package import Secrets
import Settings

/// The database's container as it was before it is made again; written down before it is stopped.
package struct DatabaseContainer: Codable, Sendable, Equatable {
    package let id: String
    package let name: String
    package let service: String
    /// Id of the image, `sha256:…`.
    package let image: String
    /// What is mounted where: names of volumes, or paths of the host, by paths in the container.
    package let mounted: [String: String]
}

/// Makes the container of the database again, because its environment holds the password: with the image and the volumes
/// that it has. Every step may be done again.
package struct DatabaseRemake {
    private let instance: InstanceAccess
    /// Seconds that the server may take to stop: it writes what it has in memory.
    private static let patience = 120
    private static let variable = "POSTGRES_PASSWORD"
    private var docker: Docker { instance.surroundings.docker }

    package init(_ instance: InstanceAccess) { self.instance = instance }

    // MARK: - Before

    /// What there is to be made again. Changes nothing.
    ///
    /// - Parameters:
    ///   - password: the one that the container was made with, so that the next `up` would make it again.
    ///   - connection: a session with its server.
    /// - Returns: nil where its environment does not hold the password, and without containers.
    /// - Throws: what keeps it from being made: `drifted`, `volumesDiffer`, and as `Recreation`.
    package func survey(_ password: Secret, _ connection: Connection) throws -> DatabaseContainer? {
        guard let container = instance.containers?[.database], let compose = container.compose,
            compose.project == instance.containers?[.backend]?.compose?.project,
            container.environment[DatabaseRemake.variable]?.trimmed().equals(password) == true
        else { return nil }
        // What is pending besides would come with it.
        let recreation = try Recreation(container, instance)
        if !recreation.changes.isEmpty {
            throw InstanceFault.drifted(
                container: container.name, differences: recreation.changes.map { "another value of \($0)" },
                apply: recreation.commandLine)
        }
        let reasons = try DatabaseRemake.unmounted(container, connection) + differences(container, compose)
        if !reasons.isEmpty { throw InstanceFault.volumesDiffer(container: container.name, reasons) }
        return DatabaseContainer(
            id: container.id, name: container.name, service: compose.service, image: container.image,
            mounted: container.mounted)
    }

    /// Folders of the server that lie in the container itself, and would go with it.
    private static func unmounted(_ container: Container, _ connection: Connection) throws -> [String] {
        let data = try ServerFacts.read(connection).dataDirectory
        let known = container.environment["PGDATA"]?.revealedText() ?? "/var/lib/postgresql/data"
        let spaces = try connection.query(
            "SELECT pg_catalog.pg_tablespace_location(oid) AS place FROM pg_catalog.pg_tablespace"
        ).map { try $0.string("place") }
        return ([data ?? known] + spaces.filter { !$0.isEmpty }).filter { folder in
            !container.mounts.contains { folder == $0 || folder.hasPrefix($0 + "/") }
        }.map { "\($0) lies on no volume" }
    }

    /// Mounts that the project would make of something else.
    private func differences(_ container: Container, _ labels: ComposeLabels) throws -> [String] {
        guard let compose = try Compose(docker, labels) else { throw InstanceFault.composeMissing }
        let project = try RenderedProject(try compose.rendered(), project: labels.project)
        let files = instance.surroundings.files
        return (project.services[labels.service]?.sources ?? []).compactMap { source in
            guard let from = source.from, let now = container.mounted[source.target] else { return nil }
            let wanted =
                source.isPath ? files.normalised(from) : project.volumes[from]?.name ?? "\(labels.project)_\(from)"
            return wanted == now ? nil : "\(source.target) would be \(wanted) instead of \(now)"
        }
    }

    // MARK: - The steps

    /// Makes the container with another password, unless it has it, and starts it.
    ///
    /// - Parameters:
    ///   - project: that of the backend.
    ///   - password: what its environment must have.
    /// - Throws: `otherEnvironment` before anything is made where the project says otherwise, `notRemade`, with a container
    ///   that was not started.
    package func make(_ record: DatabaseContainer, _ project: RemakeRecord.Project, _ password: Secret) throws {
        let now = try containers(record, project)
        if now.count != 1 || !has(now[0], password) {
            guard let compose = try Compose(docker, project.labels) else { throw InstanceFault.composeMissing }
            guard let wanted = try RenderedService(try compose.rendered(), service: record.service),
                wanted.environment[DatabaseRemake.variable]?.trimmed().equals(password) == true
            else { throw InstanceFault.otherEnvironment(container: record.name, names: [DatabaseRemake.variable]) }
            for container in now { try docker.stop(container.id, seconds: DatabaseRemake.patience) }
            // The tag may mean another major version by now, which does not read these files.
            let isCurrent = try docker.imageID(of: wanted.image ?? "") == record.image
            try ImagePin.withPin(
                isCurrent ? nil : record.image, of: record.service, version: wanted.formatVersion, instance
            ) { pin in
                try compose.recreate(record.service, pin: pin, seconds: DatabaseRemake.patience, starting: false)
            }
        }
        let made = try containers(record, project)
        guard made.count == 1 else {
            throw InstanceFault.notRemade(
                container: record.name, ["there are \(made.count) containers of \(record.service)"])
        }
        let reasons = differences(made[0], record, password)
        if !reasons.isEmpty { throw InstanceFault.notRemade(container: record.name, reasons) }
        try docker.start(made[0].id)
    }

    /// Starts the server that a run which was killed left stopped. Two of them must never run on the same files.
    ///
    /// - Returns: whether anything was started.
    package func revive(_ record: DatabaseContainer, _ project: RemakeRecord.Project) throws -> Bool {
        let now = try containers(record, project)
        if now.contains(where: \.mayRun) { return false }
        guard let container = now.first(where: { $0.id == record.id }) ?? now.last else { return false }
        try docker.start(container.id)
        return true
    }

    private func differences(_ made: Container, _ record: DatabaseContainer, _ password: Secret) -> [String] {
        var reasons: [String] = []
        if made.image != record.image { reasons.append("it has the image \(made.image)") }
        for (target, from) in record.mounted.sorted(by: { $0.key < $1.key }) where made.mounted[target] != from {
            reasons.append("\(target) is \(made.mounted[target] ?? "on no volume") instead of \(from)")
        }
        if !has(made, password) { reasons.append("it was made with another \(DatabaseRemake.variable)") }
        if made.name != record.name { reasons.append("it is called \(made.name)") }
        return reasons
    }

    private func has(_ container: Container, _ password: Secret) -> Bool {
        container.environment[DatabaseRemake.variable]?.trimmed().equals(password) == true
    }

    private func containers(_ record: DatabaseContainer, _ project: RemakeRecord.Project) throws -> [Container] {
        try docker.composed(project: project.name).filter { $0.compose?.service == record.service }
    }
}

extension Container {
    fileprivate var mayRun: Bool { ![.exited, .created, .dead].contains(state) }
}
