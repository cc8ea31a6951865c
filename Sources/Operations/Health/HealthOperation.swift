import Effects
import Faults
import HTTP
package import Instance
import InstanceAccess
import Postgres
import Settings

/// Looks at database, Redis and backend, each only when the one before works.
package struct HealthOperation {
    private let workplace: Workplace
    private let containers: InstanceContainers?

    package init(_ workplace: Workplace) {
        self.workplace = workplace
        containers = workplace.instance.containers
    }

    /// - Parameter last: the part to stop after.
    /// - Throws: where nothing can be said at all: no engine, no permission, no idea what the instance is.
    package func perform(through last: InstanceContainers.Role = .backend) throws -> HealthReport {
        if let missing = try allMissing() { return missing }
        var steps: [HealthStep] = []
        for role in InstanceContainers.Role.allCases.prefix(through: last.place) {
            try workplace.surroundings.cancellation.check()
            if steps.contains(where: { $0.condition != .healthy }) {
                steps.append(HealthStep(role, container: containers?[role]?.name, .notChecked, []))
                continue
            }
            let look = Look(workplace, containers, role)
            var step =
                switch role {
                case .database: try DatabaseHealth(look).step()
                case .redis: try RedisHealth(look).step()
                case .backend: try BackendHealth(look).step()
                }
            step.engine = look.container
            steps.append(step)
        }
        return HealthReport(steps: steps, findings: try unfinished())
    }

    /// A restore in place that was killed is the operator's business whatever else works.
    private func unfinished() throws -> [HealthFinding] {
        guard let words = try InPlaceJournal.unfinishedWords(workplace.instance) else { return [] }
        return [
            HealthFinding(
                "unfinished-restore", words, hints: [.command(["infisical-ops", "restore", "--in-place"])])
        ]
    }

    /// The report where the engine answers and has none of the containers; nil where there are some, or need not be any.
    private func allMissing() throws -> HealthReport? {
        guard containers == nil, let names = workplace.configuration.containerNames else { return nil }
        let isReachable = workplace.configuration.url != nil
        switch workplace.instance.discovery.fault {
        case nil: if isReachable { return nil } else { throw DockerFault.notInstalled }
        case let fault as DockerFault:
            if case .instanceNotFound = fault, !isReachable {
                return HealthReport(
                    steps: InstanceContainers.Role.allCases.map { role in
                        HealthStep(
                            role, container: names[role], role == .database ? .missing : .notChecked,
                            role == .database ? [fault.message] : [], hints: role == .database ? fault.hints : [])
                    })
            }
            if case .instanceNotFound = fault { return nil }
            throw fault
        case let fault?: throw fault
        }
    }
}

/// What the look at one part needs.
struct Look {
    let workplace: Workplace
    var instance: InstanceAccess { workplace.instance }
    let containers: InstanceContainers?
    let role: InstanceContainers.Role
    let container: Container?
    /// Its name, or what it should have been called.
    let name: String?
    /// What the engine says of it; nil where the instance has no containers.
    let judged: ContainerCondition?

    init(_ workplace: Workplace, _ containers: InstanceContainers?, _ role: InstanceContainers.Role) {
        self.workplace = workplace
        self.containers = containers
        self.role = role
        container = containers?[role]
        let name = container?.name ?? (containers == nil ? nil : workplace.configuration.containerNames?[role])
        self.name = name
        let isElsewhere = container == nil && Look.isElsewhere(role, workplace.configuration)
        judged =
            isElsewhere
            ? nil
            : containers.map {
                ContainerCondition($0[role], name: name ?? role.rawValue, now: workplace.surroundings.clock.now())
            }
    }

    /// Whether the part is somewhere else than in a container of the instance: a managed database, a Redis of the host.
    private static func isElsewhere(
        _ role: InstanceContainers.Role, _ configuration: ResolvedConfiguration
    ) -> Bool {
        let host: String?
        switch role {
        case .database: host = configuration.database.host
        case .redis:
            let url = configuration.instance.redisURL ?? configuration.running?.redisURL
            host = url.flatMap { RedisURL($0.value)?.host }
        case .backend: host = nil
        }
        let expected = role.services + [configuration.containerNames?[role]].compactMap { $0 }
        return host.map { !expected.contains($0) } ?? false
    }

    /// The step of a container that cannot be asked anything; nil where it can.
    func stepIfDown() throws -> HealthStep? {
        guard let judged else { return nil }
        switch judged.condition {
        case .healthy, .starting, .unhealthy: return nil
        default: return try failed(judged.condition, [judged.reason], hints: hints(judged.condition))
        }
    }

    /// A step that failed, with the cause that the container's own last lines give, if they give one.
    func failed(_ condition: Condition, _ details: [String], hints: [Hint]) throws -> HealthStep {
        guard let container, let cause = try cause(container) else {
            return HealthStep(role, container: name, condition, details, hints: container == nil ? plain(hints) : hints)
        }
        // What the kernel did is told by the engine; the lines before it tell nothing.
        let better = condition == .outOfMemory || condition == .paused ? condition : cause.condition
        return HealthStep(
            role, container: name, better, [cause.words] + details, hints: cause.hints + hints)
    }

    /// Without containers there are no logs that this program could show.
    private func plain(_ hints: [Hint]) -> [Hint] {
        hints.map { hint in
            guard case .command(let words) = hint, words.starts(with: ["infisical-ops", "logs"]) else { return hint }
            return .check("is the \(role.rawValue) running? look at its log where your service manager keeps it")
        }
    }

    private func cause(_ container: Container) throws -> LogCause? {
        if container.started == nil || container.state == .paused { return nil }
        do {
            let docker = workplace.surroundings.docker
            // One that loops may have been started a moment ago, and tell the cause only when it ends again.
            let since = container.restarts > 0 ? nil : container.started
            return LogCause.find(in: try docker.lastLines(of: container.id, count: 300, since: since), of: role)
        } catch is DockerFault { return nil } catch let fault as any Fault where fault.code == "process.failed" {
            // Some log drivers cannot be read.
            return nil
        }
    }

    func hints(_ condition: Condition) -> [Hint] {
        let shown = name ?? role.rawValue
        return switch condition {
        case .missing:
            containers?.compose.map { compose in
                [
                    .command(
                        ["docker", "compose", "-p", compose.project, "up", "-d", "--no-recreate"]),
                    .command(["docker", "ps", "--all"]),
                ]
            } ?? [.command(["docker", "ps", "--all"])]
        case .stopped: [.command(["infisical-ops", "restart", "--service", service])]
        case .paused: [.command(["docker", "unpause", shown])]
        case .crashLoop, .unhealthy: [.command(["infisical-ops", "logs", "--tail", "50"])]
        case .outOfMemory:
            [
                .check("give the container more memory, or the host"),
                .command(["infisical-ops", "restart", "--service", service]),
            ]
        case .starting: [.command(["infisical-ops", "health", "--wait", "2m"])]
        default: [.command(["infisical-ops", "config", "show"])]
        }
    }

    /// As `restart --service` calls it.
    var service: String { role.serviceWord }

    /// The container is young enough to be still on its way.
    var isYoung: Bool { judged?.condition == .starting || (judged?.age ?? .max) < 60 }
}

extension InstanceContainers.Role {
    /// Its place in the sequence, from 0.
    fileprivate var place: Int { self == .database ? 0 : self == .redis ? 1 : 2 }

    /// As the command line calls it.
    package var serviceWord: String { self == .database ? "db" : rawValue }
}
