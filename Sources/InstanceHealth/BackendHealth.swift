import Effects
import Faults
import HTTP
import Instance
import InstanceAccess
import Secrets
import Settings

/// The last step: the backend's container, its answers over HTTP, and whether its key opens the database.
struct BackendHealth {
    private let part: PartInspection
    private let instance: InstanceAccess

    /// Seconds until a request is given up. A backend whose Redis is gone never answers.
    private static let patience = 5.0

    init(_ part: PartInspection) {
        self.part = part
        instance = part.instance
    }

    func step() throws -> HealthStep {
        var step = try seen()
        try BackendKeys(part).judge(&step)
        step.findings += siteFindings()
        return step
    }

    /// What engine, log and HTTP say.
    private func seen() throws -> HealthStep {
        if let down = try part.stepIfDown() { return down }
        if let apart = networkProblem() {
            return HealthStep(
                .backend, container: part.name, .unhealthy, [apart.text], hints: apart.hints)
        }
        var step = try answer()
        if step.condition == .healthy || step.condition == .notKnown, let judged = part.judged,
            judged.condition != .healthy
        {
            step.condition = judged.condition
            step.details.insert(judged.reason, at: 0)
            step.hints = part.hints(judged.condition)
        }
        return step
    }

    // MARK: - HTTP

    private func answer() throws -> HealthStep {
        guard let address = part.instance.backendAddress else {
            let reason = "its address is not configured"
            let hints: [Hint] = [
                .check("name its address as instance.url in infisical-ops.yaml"),
                .command(["infisical-ops", "config", "show"]),
            ]
            // A container is there to be asked, and nobody could.
            if let container = part.container {
                return HealthStep(.backend, container: container.name, .notKnown, [reason], hints: hints)
            }
            return HealthStep(notConfigured: .backend, reason, hints: hints)
        }
        let surroundings = instance.surroundings
        let client = HTTPClient(effects: surroundings.effects, cancellation: surroundings.cancellation)
        let logs: [Hint] = [.command(["infisical-ops", "logs", "--tail", "50"])]
        switch try BackendProbe(client, address: address, seconds: BackendHealth.patience).perform() {
        case .serves:
            let age = part.judged?.age.map { ["up \($0) s"] } ?? []
            return HealthStep(.backend, container: part.name, .healthy, ["serves at \(address)"] + age)
        case .fails(let reason): return try part.failed(.unhealthy, [reason], hints: logs)
        case .foreign(let reason):
            return try part.failed(
                .unhealthy, [reason],
                hints: [
                    LogCause.listeners,
                    .check("PORT of the backend and instance.url must name a port that no other program uses"),
                ] + logs)
        case .unknown(let reason):
            return try part.failed(.notKnown, [reason], hints: [HTTPFault.authority])
        case .hangs(let reason):
            return try part.failed(
                part.isYoung ? .starting : .unhealthy, [reason],
                hints: [.command(["infisical-ops", "restart", "--service", "backend"])])
        case .refused(let reason):
            return try part.failed(
                part.isYoung ? .starting : .unreachable, [reason],
                hints: part.isYoung ? part.hints(.starting) : logs)
        }
    }

    /// A backend that shares no network with the others cannot reach them, whatever this host can reach.
    private func networkProblem() -> (text: String, hints: [Hint])? {
        guard let backend = part.container, !backend.usesHostNetwork else { return nil }
        if backend.networks.isEmpty {
            return ("the container is attached to no network", [.command(["docker", "network", "ls"])])
        }
        let own = Set(backend.networks.map(\.name))
        for role in [InstanceContainers.Role.database, .redis] {
            guard let other = part.containers?[role], !other.usesHostNetwork, !other.networks.isEmpty,
                own.isDisjoint(with: other.networks.map(\.name)), isUsed(other, role)
            else { continue }
            return (
                "it shares no network with \(other.name)",
                [.command(["docker", "network", "connect", other.networks[0].name, backend.name])]
            )
        }
        return nil
    }

    /// Whether the backend reaches the part by its name in a network, and not in some other way.
    private func isUsed(_ other: Container, _ role: InstanceContainers.Role) -> Bool {
        let running = instance.configuration.running
        let host =
            role == .database
            ? running?.databaseTarget.host : running?.redis?.address?.host
        return host.map { other.hostNames.contains($0) } ?? false
    }

    /// Cookies that are only sent over TLS keep everybody out of a site without it.
    private func siteFindings() -> [HealthFinding] {
        let environment = instance.configuration.running ?? instance.configuration.instance
        guard let site = environment.siteURL, let isHTTPS = environment.isHTTPS else { return [] }
        let text = site.value.revealedText()
        guard text.hasPrefix("http"), text.hasPrefix("https://") != isHTTPS else { return [] }
        return [
            HealthFinding(
                "site-url",
                "SITE_URL (\(text)) and HTTPS_ENABLED=\(isHTTPS) do not agree: browsers may not keep a login",
                hints: [.check("make both agree in the env file"), .command(["infisical-ops", "config", "show"])])
        ]
    }
}
