import Effects
import Faults
package import Instance
package import InstanceAccess
import Settings

/// What there is to know about one part before it is asked itself: its container, what the engine says of it, and what
/// its log tells.
package struct PartInspection {
    let instance: InstanceAccess
    let containers: InstanceContainers?
    let role: InstanceContainers.Role
    let container: Container?
    /// Its name, or what it should have been called.
    let name: String?
    /// What the engine says of it; nil where the instance has no containers.
    let judged: ContainerCondition?

    package init(_ instance: InstanceAccess, _ role: InstanceContainers.Role) {
        self.instance = instance
        self.role = role
        let containers = instance.containers
        self.containers = containers
        container = containers?[role]
        let name = container?.name ?? (containers == nil ? nil : instance.configuration.containerNames?[role])
        self.name = name
        let isElsewhere = container == nil && PartInspection.isElsewhere(role, instance.configuration)
        judged =
            isElsewhere
            ? nil
            : containers.map {
                ContainerCondition($0[role], name: name ?? role.rawValue, now: instance.surroundings.clock.now())
            }
    }

    /// Looks at the part; those that it needs must work.
    package func step() throws -> HealthStep {
        var step =
            switch role {
            case .database: try DatabaseHealth(self).step()
            case .redis: try RedisHealth(self).step()
            case .backend: try BackendHealth(self).step()
            }
        finish(&step)
        return step
    }

    /// What is known of a part that nobody asks, because one that it needs does not work.
    package func unasked(after before: [HealthStep]) throws -> HealthStep {
        var step = HealthStep(role, container: name, .notChecked, [])
        // That it ends again and again may come of the other part; this does not.
        if let judged, [.missing, .paused, .outOfMemory].contains(judged.condition) {
            step = HealthStep(
                role, container: name, judged.condition, [judged.reason], hints: hints(judged.condition))
        }
        let database = before.first { $0.role == .database }?.condition
        if role == .backend { try BackendKeys(self).judgeUnasked(&step, database: database) }
        finish(&step)
        return step
    }

    private func finish(_ step: inout HealthStep) {
        step.engine = container
        step.hints = fitting(step.hints)
        step.findings = step.findings.map { HealthFinding($0, hints: fitting($0.hints)) }
    }

    /// Whether the part is somewhere else than in a container of the instance: a managed database, a Redis of the host.
    private static func isElsewhere(
        _ role: InstanceContainers.Role, _ configuration: ResolvedConfiguration
    ) -> Bool {
        let host: String?
        switch role {
        case .database: host = configuration.database.host
        case .redis:
            switch configuration.redis {
            case .cluster?, .sentinel?: return true
            case let setting: host = setting?.address?.host
            }
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
            return HealthStep(role, container: name, condition, details, hints: hints)
        }
        // What the kernel did is told by the engine; the lines before it tell nothing.
        let better = condition == .outOfMemory || condition == .paused ? condition : cause.condition
        var step = HealthStep(
            role, container: name, better, [cause.text] + details, hints: cause.hints + hints)
        step.cause = cause.code
        step.isFinal = cause.isFinal
        return step
    }

    /// The hints that lead somewhere here: without containers there are no logs to show and nothing to recreate, and only
    /// the backend is started and stopped, if its commands are configured.
    private func fitting(_ hints: [Hint]) -> [Hint] {
        if container != nil { return hints }
        var fitting: [Hint] = []
        for hint in hints {
            let fit = self.fitting(hint)
            if !fitting.contains(fit) { fitting.append(fit) }
        }
        return fitting
    }

    private func fitting(_ hint: Hint) -> Hint {
        guard case .command(let words) = hint else { return hint }
        if words.starts(with: ["infisical-ops", "logs"]) {
            return .check("is the \(role.rawValue) running? look at its log where your service manager keeps it")
        }
        guard words.starts(with: ["infisical-ops", "restart"]), containers == nil else { return hint }
        let named = InstanceContainers.Role.allCases.first { words.contains($0.serviceWord) } ?? .backend
        let canStart = named == .backend && !instance.configuration.startCommand.isEmpty
        return canStart
            ? .command(["infisical-ops", "restart", "--service", "backend"])
            : .check("restart the \(named.rawValue) with what manages it, such as systemctl restart")
    }

    private func cause(_ container: Container) throws -> LogCause? {
        if container.started == nil || container.state == .paused { return nil }
        do {
            let docker = instance.surroundings.docker
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
        case .missing: [making, .command(["docker", "ps", "--all"])].compactMap(\.self)
        case .stopped where container?.startFailure.map(PartInspection.isAboutPort) == true:
            [LogCause.listeners, .command(["infisical-ops", "restart", "--service", service])]
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

    /// The engine's words for a port of the host that somebody else has.
    private static func isAboutPort(_ failure: String) -> Bool {
        ["already allocated", "already in use"].contains { failure.contains($0) }
    }

    /// Compose's command that makes the missing container, or why there is none; nil where no project is known.
    private var making: Hint? {
        guard let labels = containers?.compose else { return nil }
        do {
            guard let compose = try Compose(instance.surroundings.docker, labels) else { return nil }
            let rendered = try compose.rendered()
            let names = role.services + [name].compactMap(\.self)
            // A service that the project does not have is no reason to fail: the command then makes all of them.
            let known = names.first { (try? RenderedService(rendered, service: $0)) != nil }
            return .command(compose.commandLine(making: known))
        } catch {
            return .check(
                "the command that creates the container is not known, because the compose project cannot be read: "
                    + Failure(.of(error)).message)
        }
    }

    /// As `restart --service` calls it.
    var service: String { role.serviceWord }

    /// The container is young enough to be still on its way.
    var isYoung: Bool { judged?.condition == .starting || (judged?.age ?? .max) < 60 }
}

extension InstanceContainers.Role {
    /// As the command line calls it.
    package var serviceWord: String { self == .database ? "db" : rawValue }
}
