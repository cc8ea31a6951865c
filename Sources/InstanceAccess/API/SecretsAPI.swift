import HTTP
package import Secrets

/// Secrets of the running instance, one by one, through Infisical's own API, as the configured machine identity.
///
/// Routes and answers are those of version 3, which servers of all eras have (format specification, 10.5). Nothing is
/// followed to another address, and no answer is kept.
package struct SecretsAPI {
    /// Where a secret is.
    package struct Place: Codable, Equatable, Sendable {
        package let projectID: String
        /// Slug of the environment.
        package let environment: String
        /// Of the folder: `/`, or `/a/b`.
        package let path: String
        package let name: String

        package init(projectID: String, environment: String, path: String, name: String) {
            self.projectID = projectID
            self.environment = environment
            self.path = path
            self.name = name
        }
    }

    private let client: HTTPClient
    private let address: String
    private let identity: String
    private let token: Secret

    /// Seconds that a request may take.
    private static let patience = 15.0

    /// Logs in.
    ///
    /// - Throws: `SecretsAPIFault` and `HTTPFault`.
    package init(_ instance: InstanceAccess) throws {
        guard let address = instance.backendAddress else { throw SecretsAPIFault.noAddress }
        guard let identity = try instance.machineIdentity() else { throw SecretsAPIFault.noIdentity }
        let surroundings = instance.surroundings
        client = HTTPClient(effects: surroundings.effects, cancellation: surroundings.cancellation)
        self.address = address
        self.identity = identity.clientID
        let document = SecretBuffer(capacity: 256)
        Self.add("{\"clientId\":", to: document)
        document.append(json: identity.clientID)
        Self.add(",\"clientSecret\":", to: document)
        document.append(json: identity.clientSecret)
        Self.add("}", to: document)
        let answer = try client.send(
            .post, "\(address)/api/v1/auth/universal-auth/login", json: document.secret(), seconds: Self.patience)
        guard answer.status == 200 else {
            guard answer.isJSON else { throw SecretsAPIFault.foreign(address: address) }
            throw SecretsAPIFault.notLoggedIn(identity: identity.clientID, status: answer.status)
        }
        // A word, or it would be more than one header.
        guard let login = answer.decoded(Login.self), login.accessToken.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { throw SecretsAPIFault.foreign(address: address) }
        var bytes = Array(login.accessToken.utf8)
        token = Secret(consuming: &bytes)
    }

    /// - Returns: the shared value as it is stored, references not resolved; nil where there is no such secret.
    package func value(of place: Place) throws -> Secret? {
        let encoded = PercentEncoding.encoded
        let query =
            "workspaceId=\(encoded(place.projectID))&environment=\(encoded(place.environment))"
            + "&secretPath=\(encoded(place.path))&type=shared&expandSecretReferences=false&include_imports=false"
        let answer = try client.get("\(url(of: place))?\(query)", bearer: token, seconds: Self.patience)
        // In a document of Infisical's; a page that says so is somebody else's.
        if answer.status == 404, answer.isJSON { return nil }
        guard answer.status == 200 else { throw refusal(answer) }
        guard let secret = answer.decoded(ReadAnswer.self)?.secret else {
            throw SecretsAPIFault.foreign(address: address)
        }
        var bytes = Array(secret.secretValue.utf8)
        return Secret(consuming: &bytes)
    }

    /// Gives the shared secret a value.
    ///
    /// - Throws: `needsApproval` where it was not done.
    package func write(_ value: Secret, to place: Place) throws {
        let document = document(of: place)
        Self.add(",\"secretValue\":", to: document)
        document.append(json: value)
        Self.add("}", to: document)
        try requireDone(
            client.send(.patch, url(of: place), json: document.secret(), bearer: token, seconds: Self.patience))
    }

    /// Deletes the shared secret, which need not be there.
    package func remove(_ place: Place) throws {
        let document = document(of: place)
        Self.add("}", to: document)
        let answer = try client.send(
            .delete, url(of: place), json: document.secret(), bearer: token, seconds: Self.patience)
        if answer.status == 404, answer.isJSON { return }
        try requireDone(answer)
    }

    // MARK: - Documents

    private func url(of place: Place) -> String {
        "\(address)/api/v3/secrets/raw/\(PercentEncoding.encoded(place.name))"
    }

    /// Not yet closed.
    private func document(of place: Place) -> SecretBuffer {
        let document = SecretBuffer(capacity: 512)
        for (name, text) in [
            ("{\"workspaceId\":", place.projectID), (",\"environment\":", place.environment),
            (",\"secretPath\":", place.path), (",\"type\":", "shared"),
        ] {
            Self.add(name, to: document)
            document.append(json: text)
        }
        return document
    }

    private static func add(_ text: String, to document: SecretBuffer) {
        Array(text.utf8).withUnsafeBytes { document.append($0) }
    }

    /// A change that waits for an approval is answered with 200, too.
    private func requireDone(_ answer: HTTPAnswer) throws {
        guard answer.status == 200 else { throw refusal(answer) }
        guard let written = answer.decoded(WriteAnswer.self) else { throw SecretsAPIFault.foreign(address: address) }
        if written.secret == nil {
            throw written.approval == nil ? SecretsAPIFault.foreign(address: address) : .needsApproval
        }
    }

    private func refusal(_ answer: HTTPAnswer) -> SecretsAPIFault {
        answer.isJSON ? .refused(identity: identity, status: answer.status) : .foreign(address: address)
    }

    private struct Login: Decodable {
        let accessToken: String
    }

    private struct ReadAnswer: Decodable {
        struct Content: Decodable { let secretValue: String }
        let secret: Content
    }

    private struct WriteAnswer: Decodable {
        struct Anything: Decodable {}
        let secret: Anything?
        let approval: Anything?
    }
}
