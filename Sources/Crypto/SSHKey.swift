/// An Ed25519 public key as OpenSSH writes it: `ssh-ed25519 AAAA… comment`.
package struct SSHKey: Sendable, Hashable {
    package static let algorithm = "ssh-ed25519"

    /// The Ed25519 public key, 32 bytes.
    package let publicKey: [UInt8]

    package init(publicKey: [UInt8]) throws(CryptoFault) {
        guard publicKey.count == Ed25519.publicKeySize else {
            throw .wrongLength(of: "an Ed25519 public key", count: publicKey.count)
        }
        self.publicKey = publicKey
    }

    /// Reads the key's word of a public key line, the base64 of its binary form.
    package init(base64: String) throws(CryptoFault) {
        guard let blob = Base64.decode(base64) else {
            throw .malformed(what: "an OpenSSH public key", why: "the key is not base64")
        }
        try self.init(blob: blob)
    }

    /// Reads the binary form: the algorithm's name and the key.
    package init(blob: [UInt8]) throws(CryptoFault) {
        var reader = SSHWire.Reader(blob)
        guard let name = reader.string(), let key = reader.string(), reader.isAtEnd else {
            throw .malformed(what: "an OpenSSH public key", why: "its binary form is incomplete or too long")
        }
        guard name == Array(SSHKey.algorithm.utf8) else {
            throw .malformed(what: "an OpenSSH public key", why: "only \(SSHKey.algorithm) keys are supported")
        }
        try self.init(publicKey: key)
    }

    /// The binary form.
    package var blob: [UInt8] { SSHWire.string(SSHKey.algorithm) + SSHWire.string(publicKey) }

    /// The line of a `.pub` file, without line end.
    package func line(comment: String = "") -> String {
        let key = "\(SSHKey.algorithm) \(Base64.encode(blob))"
        return comment.isEmpty ? key : "\(key) \(comment)"
    }

    /// The fingerprint that `ssh-keygen -l` prints: `SHA256:` and 43 characters.
    package var fingerprint: String {
        "SHA256:" + SHA256.hash(blob).withBytes { Base64.encode($0, padded: false) }
    }
}
