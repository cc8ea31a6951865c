import FoundationEssentials
import HTTP
import Secrets

/// Reads a secret back by its name through the API of a backend that was started on a copy.
///
/// First as the instance's own machine identity, where one is configured: that is what its clients do. It belongs to some
/// projects only, so those of others are asked for, too. Where it may read none, with the credential that exists in the copy
/// only.
struct CanaryReading {
    let place: any BootPlace
    let canary: Canary
    /// Of other projects.
    let others: [Canary]
    /// How long the backend took until it answered.
    let seconds: Double

    /// - Parameter token: the copy's own credential; nil where the database has nobody to give one to.
    /// - Throws: `canaryDiffers`, and `canaryNotRead` where neither reads it.
    func perform(as identity: MachineIdentity?, token: String?) throws -> (canary: Canary, reader: BootReport.Reader) {
        var refusal: String?
        if let identity {
            switch try login(identity) {
            case .success(let own):
                var reason: String?
                for canary in [canary] + others {
                    guard let refused = try read(canary, own) else { return (canary, .identity) }
                    reason = reason ?? refused
                }
                refusal = "reads no secret that was asked for: \(reason ?? "there is none")"
            case .failure(let failure): refusal = "is not logged in: \(failure.reason)"
            }
            refusal = refusal.map { "the machine identity \(identity.clientID) \($0)" }
        }
        guard let token else {
            throw notRead(refusal ?? "the database has no user or no such project for a token")
        }
        if let reason = try read(canary, token) { throw notRead(reason) }
        return (canary, .credential(identityRefused: refusal))
    }

    private struct LoginFailure: Error { let reason: String }

    /// - Returns: its token.
    private func login(_ identity: MachineIdentity) throws -> Result<String, LoginFailure> {
        switch try place.ask(identity.login) {
        case .none(let reason): .failure(LoginFailure(reason: reason))
        case .status(200, let body):
            decoded(LoginAnswer.self, body).map { .success($0.accessToken) }
                ?? .failure(LoginFailure(reason: "the answer is not Infisical's"))
        case .status(let status, _): .failure(LoginFailure(reason: "it answers \(status)"))
        }
    }

    /// - Returns: why it was not read; nil where it was, and is equal.
    private func read(_ canary: Canary, _ token: String) throws -> String? {
        let encoded = PercentEncoding.encoded
        let target =
            "/api/v3/secrets/raw/\(encoded(canary.name))?workspaceId=\(encoded(canary.projectID))"
            + "&environment=\(encoded(canary.environment))&secretPath=\(encoded(canary.path))"
        switch try place.ask(BackendRequest(target, bearer: token)) {
        case .none(let reason): return reason
        case .status(200, let body):
            guard let answer = decoded(SecretAnswer.self, body) else { return "the answer is not Infisical's" }
            var value = Array(answer.secret.secretValue.utf8)
            guard Secret(consuming: &value).equals(canary.value) else {
                throw BootFault.canaryDiffers(name: canary.name)
            }
            return nil
        case .status(let status, _): return "it answers \(status)"
        }
    }

    private func notRead(_ reason: String) -> BootFault {
        .canaryNotRead(name: canary.name, seconds: seconds, reason: reason)
    }

    private func decoded<Answer: Decodable>(_ type: Answer.Type, _ body: [UInt8]) -> Answer? {
        // What it is instead is told by whoever asked.
        try? JSONDecoder().decode(type, from: Data(body))
    }
}

/// What a login is answered with.
private struct LoginAnswer: Decodable {
    let accessToken: String
}

/// What a request for one secret is answered with.
private struct SecretAnswer: Decodable {
    struct Content: Decodable { let secretValue: String }
    let secret: Content
}
