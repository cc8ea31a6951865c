package import Secrets

/// A signature over a file as `ssh-keygen -Y sign` makes and `ssh-keygen -Y verify` checks it: Ed25519 over SHA-512.
///
/// The form is OpenSSH's `PROTOCOL.sshsig`, version 1. The namespace keeps a signature made for one purpose from
/// counting for another.
package struct SSHSignature: Sendable, Equatable {
    package let key: SSHKey
    package let namespace: String
    private let hashName: String
    private let signature: [UInt8]

    private static let magic = Array("SSHSIG".utf8)
    private static let begin = "-----BEGIN SSH SIGNATURE-----"
    private static let end = "-----END SSH SIGNATURE-----"
    private static let lineLength = 70

    /// Signs `message` with the key of `seed`.
    package init(signing message: UnsafeRawBufferPointer, namespace: String, seed: Secret) throws(CryptoFault) {
        guard !namespace.isEmpty else { throw .malformed(what: "an OpenSSH signature", why: "its namespace is empty") }
        key = try SSHKey(publicKey: Ed25519.publicKey(seed: seed))
        self.namespace = namespace
        hashName = "sha512"
        let signed = SSHSignature.signedData(SHA512.hash(message), namespace, hashName)
        var fault: CryptoFault?
        signature = signed.withUnsafeBytes { bytes in
            do throws(CryptoFault) { return try Ed25519.sign(bytes, seed: seed) } catch {
                fault = error
                return []
            }
        }
        if let fault { throw fault }
    }

    /// Reads the armored form.
    package init(armored text: String) throws(CryptoFault) {
        var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        if lines.last == "" { lines.removeLast() }
        guard lines.count >= 3, lines.first == Self.begin[...], lines.last == Self.end[...] else {
            throw Self.malformed("it is not between BEGIN and END lines")
        }
        guard let blob = Base64.decode(lines[1..<lines.count - 1].joined()) else {
            throw Self.malformed("it is not base64")
        }
        var reader = SSHWire.Reader(blob)
        guard reader.bytes(Self.magic.count) == Self.magic, let version = reader.number() else {
            throw Self.malformed("it does not begin with SSHSIG")
        }
        guard version == 1 else { throw Self.malformed("it has version \(version), and only 1 is known") }
        guard let keyBlob = reader.string(), let namespace = reader.string(), reader.string() != nil,
            let hashName = reader.string(), let wrapped = reader.string(), reader.isAtEnd
        else { throw Self.malformed("it is incomplete or too long") }
        var inner = SSHWire.Reader(wrapped)
        guard let algorithm = inner.string(), let signature = inner.string(), inner.isAtEnd,
            algorithm == Array(SSHKey.algorithm.utf8)
        else { throw Self.malformed("it is not an \(SSHKey.algorithm) signature") }
        self.hashName = String(decoding: hashName, as: UTF8.self)
        guard ["sha256", "sha512"].contains(self.hashName) else {
            throw Self.malformed("it uses a hash other than sha256 and sha512")
        }
        self.namespace = String(decoding: namespace, as: UTF8.self)
        self.signature = signature
        key = try SSHKey(blob: keyBlob)
    }

    /// The armored form, as in a `.sig` file, with a line end after each line.
    package var armored: String {
        let wrapped = SSHWire.string(SSHKey.algorithm) + SSHWire.string(signature)
        let blob =
            Self.magic + SSHWire.number(1) + SSHWire.string(key.blob) + SSHWire.string(namespace) + SSHWire.string("")
            + SSHWire.string(hashName) + SSHWire.string(wrapped)
        var rest = Base64.encode(blob)[...], lines = [Self.begin]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(Self.lineLength)))
            rest = rest.dropFirst(Self.lineLength)
        }
        return (lines + [Self.end]).joined(separator: "\n") + "\n"
    }

    /// Checks that the holder of `key` signed exactly this message for this purpose. Whether that key is to be trusted
    /// is the caller's question.
    ///
    /// - Throws: `badSignature` when the message or the namespace is another one.
    package func verify(_ message: UnsafeRawBufferPointer, namespace: String) throws(CryptoFault) {
        guard namespace == self.namespace else { throw .badSignature }
        let hash = hashName == "sha512" ? SHA512.hash(message) : SHA256.hash(message).withBytes { Array($0) }
        let signed = Self.signedData(hash, namespace, hashName)
        let result = signed.withUnsafeBytes { bytes in
            Result { () throws(CryptoFault) in
                try Ed25519.verify(signature, of: bytes, publicKey: key.publicKey)
            }
        }
        try result.get()
    }

    /// What Ed25519 signs: the magic word, the purpose, and the hash of the message.
    private static func signedData(_ hash: [UInt8], _ namespace: String, _ hashName: String) -> [UInt8] {
        magic + SSHWire.string(namespace) + SSHWire.string("") + SSHWire.string(hashName) + SSHWire.string(hash)
    }

    private static func malformed(_ why: String) -> CryptoFault {
        .malformed(what: "an OpenSSH signature", why: why)
    }
}
