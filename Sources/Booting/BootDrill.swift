import Effects
import Faults
import FoundationEssentials
import Glibc
import Instance
import Postgres
import Secrets

/// Starts a backend on a restored copy, apart from everything, and reads a secret back through its API.
package struct BootDrill {
    let request: BootRequest
    let effects: Effects
    let cancellation: Cancellation
    private let clock = SystemClock()

    /// How long PostgreSQL may take to start.
    private static let databasePatience = 60.0

    func perform(in place: some BootPlace) throws -> BootReport {
        // The name of a socket in it has room for 107 bytes.
        guard request.cluster.data.utf8.count <= 90 else {
            throw BootFault.unusable("the path \(request.cluster.data) is too long for a socket")
        }
        let result = Result { try boot(in: place) }
        do { try place.end() } catch {
            guard case .failure(let cause) = result else { throw error }
            throw Failure(.of(cause), cleanup: [.of(error)])
        }
        return try result.get()
    }

    private func boot(in place: some BootPlace) throws -> BootReport {
        try place.startServers()
        let token = try writeCredential(place)
        let start = clock.monotonic()
        try place.startBackend()
        try waitForStatus(place, since: start)
        let seconds = Double(clock.monotonic() - start) / 1e9
        let read = try request.canary.map { canary in
            try CanaryReading(place: place, canary: canary, others: request.otherCanaries, seconds: seconds).perform(
                as: request.identity, token: token)
        }
        return BootReport(seconds: seconds, canary: read?.canary, reader: read?.reader)
    }

    private func writeCredential(_ place: some BootPlace) throws -> String? {
        let credential = ScratchCredential(cluster: request.cluster, isFIPS: request.keys.isFIPS)
        let superuser = try connect(place, as: ScratchServer.user)
        defer { superuser.close() }
        // Also a backend that nobody asks for anything must not start on another's database.
        try credential.check(superuser)
        guard let canary = request.canary else { return nil }
        let connection = try connect(place, as: request.cluster.user)
        defer { connection.close() }
        return try credential.write(connection, for: canary)
    }

    private func connect(_ place: some BootPlace, as user: String) throws -> Connection {
        var endpoint = place.endpoint
        endpoint.user = user
        let end = clock.monotonic(after: BootDrill.databasePatience)
        while true {
            do throws(PostgresFault) {
                return try Connection.open(
                    endpoint, role: "drill", use: .writing, effects: effects, cancellation: cancellation)
            } catch {
                guard BootDrill.mayPass(error) else { throw error }
                if let dead = try place.deadServer() { throw dead }
                if clock.monotonic() > end { throw error }
            }
            try cancellation.sleep(milliseconds: 50, effects: effects)
        }
    }

    /// Whether a server that is starting may be the cause.
    private static func mayPass(_ fault: PostgresFault) -> Bool {
        switch fault {
        case .connectionRefused, .unreachable, .serverNotReady, .connectFailed, .connectTimedOut, .connectionLost: true
        default: false
        }
    }

    private func waitForStatus(_ place: some BootPlace, since start: UInt64) throws {
        let patience = Double(request.patience.components.seconds)
        var last = "it does not answer"
        while Double(clock.monotonic() - start) / 1e9 < patience {
            // First whether it lives: what it prints last is complete then.
            let state = try place.lookAtBackend()
            switch try place.ask(BackendRequest("/api/status")) {
            case .status(200, let body) where BootDrill.isStatus(body): return
            case .status(200, _): last = "/api/status answers 200, but not as Infisical does"
            case .status(let status, _): last = "/api/status answers \(status)"
            case .none(let reason): last = reason
            }
            if !state.isRunning {
                throw try doesNotBoot("it ended with \(state.end ?? "an unknown status")", state, place)
            }
            let cause = LogCause.find(in: state.lines, of: .backend)
            if let dead = try place.deadServer() { throw dead }
            // A server that cannot listen lives on without ever answering.
            if cause?.code == "port-taken" { throw try doesNotBoot(last, state, place) }
            try cancellation.sleep(milliseconds: 100, effects: effects)
        }
        throw try doesNotBoot("no good answer within \(Int(patience)) s: \(last)", try place.lookAtBackend(), place)
    }

    /// Where a server of the drill's own is gone, that is why, and says nothing of the copy.
    private func doesNotBoot(
        _ reason: String, _ state: BackendState, _ place: some BootPlace
    ) throws -> BootFault {
        if let dead = try place.deadServer() { return dead }
        return .doesNotBoot(reason: reason, cause: LogCause.find(in: state.lines, of: .backend))
    }

    /// What Infisical answers has a date.
    private static func isStatus(_ body: [UInt8]) -> Bool {
        struct Status: Decodable { let date: String }
        return (try? JSONDecoder().decode(Status.self, from: Data(body))) != nil
    }
}
