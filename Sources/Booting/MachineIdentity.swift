package import Secrets

/// A machine identity of the instance with the right to read secrets (universal auth), by whose login a canary is read.
package struct MachineIdentity: Sendable {
    package let clientID: String
    private let clientSecret: Secret

    /// - Throws: `identityUnusable` where one of the two is no word as Infisical makes them: letters, digits, `-`, `_`, `.`.
    package init(clientID: String, clientSecret: Secret) throws(BootFault) {
        let isWord = { (bytes: UnsafeRawBufferPointer) in !bytes.isEmpty && bytes.allSatisfy(MachineIdentity.isPlain) }
        guard Array(clientID.utf8).withUnsafeBytes(isWord) else { throw .identityUnusable("its client id") }
        guard clientSecret.withBytes(isWord) else { throw .identityUnusable("its client secret") }
        self.clientID = clientID
        self.clientSecret = clientSecret
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
        default: false
        }
    }

    /// The request that logs it in.
    var login: BackendRequest {
        let body = SecretBuffer(capacity: 256)
        let add = { (text: String) in Array(text.utf8).withUnsafeBytes { body.append($0) } }
        add("{\"clientId\":\"\(clientID)\",\"clientSecret\":\"")
        body.append(clientSecret)
        add("\"}")
        return BackendRequest("/api/v1/auth/universal-auth/login", body: body.secret())
    }
}
