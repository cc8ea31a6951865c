import Effects
import Faults
import HTTP
import InfisicalData
import InfisicalStore
import Instance
import InstanceAccess
import Postgres
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
        if let down = try part.stepIfDown() { return down }
        if let apart = networkProblem() {
            return HealthStep(
                .backend, container: part.name, .unhealthy, [apart.words], hints: apart.hints)
        }
        var step = try answer()
        if step.condition == .healthy, let judged = part.judged, judged.condition != .healthy {
            step.condition = judged.condition
            step.details.insert(judged.reason, at: 0)
            step.hints = part.hints(judged.condition)
        }
        if let keys = try keysOrFinding(&step) {
            step.findings += keys.findings
            if let wrong = keys.wrong, [.healthy, .unhealthy, .notKnown].contains(step.condition) {
                step.condition = wrong.condition
                step.details.insert(wrong.words, at: 0)
                step.hints = wrong.hints
            }
        }
        step.findings += siteFindings()
        return step
    }

    // MARK: - HTTP

    private func answer() throws -> HealthStep {
        guard let address = part.instance.backendAddress else {
            return HealthStep(
                .backend, container: part.name, .notKnown, ["nothing says where it listens"],
                hints: [
                    .check("name its address as instance.url in infisical-ops.yaml"),
                    .command(["infisical-ops", "config", "show"]),
                ])
        }
        let surroundings = instance.surroundings
        let client = HTTPClient(effects: surroundings.effects, cancellation: surroundings.cancellation)
        let logs: [Hint] = [.command(["infisical-ops", "logs", "--tail", "50"])]
        switch try BackendProbe(client, address: address, seconds: BackendHealth.patience).perform() {
        case .serves:
            let age = part.judged?.age.map { ["up \($0) s"] } ?? []
            return HealthStep(.backend, container: part.name, .healthy, ["serves at \(address)"] + age)
        case .fails(let reason): return try part.failed(.unhealthy, [reason], hints: logs)
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
    private func networkProblem() -> (words: String, hints: [Hint])? {
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
            ? running?.databaseTarget.host : running?.redisURL.flatMap { RedisURL($0.value)?.host }
        return host.map { other.hostNames.contains($0) } ?? false
    }

    // MARK: - Keys and settings

    /// What the keys are worth; a database that lets nobody read them is a finding, and no other step's fault.
    private func keysOrFinding(
        _ step: inout HealthStep
    ) throws -> (wrong: WrongKey?, findings: [HealthFinding])? {
        do { return try keys() } catch let fault as PostgresFault {
            if case .interrupted = fault { throw fault }
            step.findings.append(
                HealthFinding(
                    "key-not-tried", "the key was not tried on the database: \(fault.message)", hints: fault.hints))
            return nil
        }
    }

    /// Tries the backend's own keys and those of the env files on the database.
    private func keys() throws -> (wrong: WrongKey?, findings: [HealthFinding])? {
        let inForce = KeysInForce(instance)
        let connection = try DatabaseConnections(instance).open(
            .main, role: "health", visitsPooler: true, deadline: 5)
        defer { connection.close() }
        let database = try InfisicalDatabase(connection)
        guard database.era != .none else { return nil }
        let flag = try database.fipsFlag(), samples = try database.keySamples()
        let isElsewhere = instance.configuration.keyIsElsewhere
        let live = try LiveKeys(samples, [inForce.ofBackend(flag)], isElsewhere: isElsewhere)
        var findings: [HealthFinding] = []
        if let edited = inForce.finding {
            let file = try KeyTrial.run(samples, with: [inForce.ofEnvFiles(flag)])
            var hints: [Hint] = [.command(["infisical-ops", "restart", "--recreate", "--service", "backend"])]
            if case .doesNotOpen = file.verdict {
                hints = [.check("put the old key back into the env file: the next start would fail with the new one")]
            }
            findings.append(HealthFinding("edited-key", edited, hints: hints))
        }
        findings += live.report.findings.map { HealthFinding("key", $0, hints: []) }
        switch live.standing {
        case .opens: return (nil, findings)
        case .notChecked, .keptElsewhere:
            let words = live.standing == .keptElsewhere ? "instance.key is elsewhere: " : ""
            let finding = HealthFinding(
                "key-not-verified", words + live.report.summary, hints: [.command(["infisical-ops", "config", "show"])])
            return (nil, findings + [finding])
        case .missing, .doesNotOpen:
            let wrong = WrongKey(live)
            findings.append(HealthFinding("key-does-not-open", wrong.words, hints: wrong.hints))
            return (wrong, findings)
        }
    }

    /// A key that is missing, or does not open everything.
    private struct WrongKey {
        let condition: Condition
        let words: String
        let hints: [Hint]

        init(_ live: LiveKeys) {
            condition = live.report.opensRoot && live.standing == .doesNotOpen ? .brokenKeys : .wrongKey
            words = live.report.summary
            hints =
                if live.standing == .missing {
                    [
                        .check("name the env file that holds the key as instance.env_file"),
                        .check("or set instance.key to elsewhere if the key is deliberately not on this host"),
                    ]
                } else if condition == .brokenKeys {
                    [
                        .command(["infisical-ops", "list"]),
                        .check("what is named does not open: bring it back from a backup whose key opened everything"),
                    ]
                } else {
                    [
                        .command(["infisical-ops", "status"]),
                        .check("put back the key that the last backup was taken with"),
                    ]
                }
        }
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
                hints: [.check("set both alike in the env file"), .command(["infisical-ops", "config", "show"])])
        ]
    }
}
