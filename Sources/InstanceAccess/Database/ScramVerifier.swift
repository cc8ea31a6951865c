import Crypto
import Secrets

/// What a server keeps of a password with SCRAM-SHA-256 (RFC 5803): enough to ask whether a password is the one.
struct ScramVerifier {
    private let iterations: Int32
    private let salt: [UInt8]
    private let storedKey: Digest32

    /// - Returns: nil for what is none, such as MD5's.
    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "SCRAM-SHA-256" else { return nil }
        let first = parts[1].split(separator: ":"), second = parts[2].split(separator: ":")
        guard first.count == 2, second.count == 2, let iterations = Int32(first[0]), iterations > 0,
            let salt = Base64.decode(String(first[1])), let key = Base64.decode(String(second[0])),
            let storedKey = key.withUnsafeBytes({ Digest32($0) })
        else { return nil }
        self.iterations = iterations
        self.salt = salt
        self.storedKey = storedKey
    }

    /// - Returns: nil for a password with other than plain characters, which SCRAM may read as others.
    func accepts(_ password: Secret) throws(CryptoFault) -> Bool? {
        guard password.withBytes({ $0.allSatisfy { (33...126).contains($0) } }) else { return nil }
        let salted = try PBKDF2.sha256(password: password, salt: salt, iterations: iterations, count: 32)
        var mac = HMACSHA256(key: salted)
        let clientKey = Array("Client Key".utf8).withUnsafeBytes { mac.authenticate($0) }
        return clientKey.withBytes { SHA256.hash($0) }.equalsInConstantTime(storedKey)
    }
}
