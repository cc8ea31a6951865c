import Faults
import Instance
import InstanceAccess
import Processes
import Settings

/// The second step: the container of Redis, then `PING`.
struct RedisHealth {
    private let part: PartInspection

    /// Seconds until the server is given up.
    private static let patience = 3.0

    init(_ part: PartInspection) { self.part = part }

    func step() throws -> HealthStep {
        if let down = try part.stepIfDown() { return down }
        let endpoint: RedisEndpoint
        switch try RedisAddress.find(part.instance) {
        case .endpoint(let found): endpoint = found
        case .notConfigured(let reason):
            return HealthStep(
                notConfigured: .redis, reason,
                hints: [
                    .check("set REDIS_URL in the env file that the backend reads (instance.env_file)"),
                    .command(["infisical-ops", "config", "show"]),
                ])
        case .unknown(let reason):
            return HealthStep(
                .redis, container: part.name, .notKnown, [reason],
                hints: [.command(["infisical-ops", "config", "show"])])
        }
        do {
            try ping(endpoint)
        } catch let fault as RedisFault {
            if case .interrupted = fault { throw fault }
            if try pingInside(fault) { return well(["answers inside its container"]) }
            return try part.failed(condition(fault), [fault.message], hints: fault.hints)
        }
        return well(["PONG from \(endpoint.server)"])
    }

    private func ping(_ endpoint: RedisEndpoint) throws {
        let surroundings = part.instance.surroundings
        var connection = try RedisConnection.open(
            endpoint, effects: surroundings.effects, cancellation: surroundings.cancellation,
            seconds: RedisHealth.patience)
        try connection.ping()
    }

    /// Where the container's address leads nowhere from here (an engine in a virtual machine, a rootless one), its own
    /// client may still reach it.
    private func pingInside(_ fault: RedisFault) throws -> Bool {
        switch fault {
        case .unknownHost, .timedOut, .untrusted, .noTLS: break
        default: return false
        }
        guard let container = part.container else { return false }
        var environment: [String: EnvironmentValue] = [:]
        if case .endpoint(let endpoint) = try RedisAddress.find(part.instance), let password = endpoint.password {
            environment["REDISCLI_AUTH"] = .secret(password)
        }
        let surroundings = part.instance.surroundings
        let spec = surroundings.docker.exec(in: container.id, "redis-cli", ["ping"], environment: environment)
        do {
            let result = try surroundings.processes.run(spec, deadline: .seconds(3))
            return result.status == .exited(0) && result.output.starts(with: "PONG".utf8)
        } catch {
            if case .interrupted = error { throw error }
            return false
        }
    }

    private func well(_ details: [String]) -> HealthStep {
        guard let judged = part.judged, judged.condition != .healthy else {
            return HealthStep(.redis, container: part.name, .healthy, details)
        }
        return HealthStep(
            .redis, container: part.name, judged.condition, [judged.reason] + details,
            hints: part.hints(judged.condition))
    }

    private func condition(_ fault: RedisFault) -> Condition {
        switch fault {
        case .notAuthenticated: .wrongPassword
        case .refused, .unknownHost: part.isYoung ? .starting : .unreachable
        case .notReady(_, reason: "LOADING"): .starting
        // The backend has authorities and protocols of its own; whether it answers tells.
        case .untrusted, .noTLS: .notKnown
        default: .unhealthy
        }
    }
}
