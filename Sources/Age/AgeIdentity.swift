import Crypto
package import Secrets

/// What opens files: the private key of an age recipient, or a passphrase.
package enum AgeIdentity: Sendable {
    case x25519(privateKey: Secret)
    case passphrase(Secret)

    static let prefix = "age-secret-key-"

    /// A new private key.
    package static func generate() throws(AgeFault) -> AgeIdentity {
        do throws(CryptoFault) { return .x25519(privateKey: try Random.secret(count: X25519.keySize)) } catch {
            throw .crypto(error)
        }
    }

    /// Reads `AGE-SECRET-KEY-1…` without white space around it.
    package init(_ text: Secret) throws(AgeFault) {
        self = try text.withBytes { (bytes) throws(AgeFault) in try AgeIdentity(bytes, line: 1) }
    }

    /// Reads a line of an identity file; faults name its number and never show it.
    init(_ text: UnsafeRawBufferPointer, line: Int) throws(AgeFault) {
        if let kind = AgeIdentity.unsupportedKind(text) { throw .unsupportedIdentity(line: line, kind: kind) }
        let decoded: Bech32.Decoded
        do throws(Bech32.Flaw) { decoded = try Bech32.decode(text) } catch {
            throw .malformedIdentity(line: line, why: error.text)
        }
        guard decoded.prefix != AgeRecipient.prefix else {
            throw .malformedIdentity(line: line, why: "it is a recipient, the public part of an identity")
        }
        guard decoded.prefix == AgeIdentity.prefix else {
            throw .malformedIdentity(line: line, why: "it does not begin with AGE-SECRET-KEY-1")
        }
        guard decoded.isUppercase else { throw .malformedIdentity(line: line, why: "it is in lower case") }
        guard decoded.data.count == X25519.keySize else {
            throw .malformedIdentity(line: line, why: "it has the wrong length")
        }
        self = .x25519(privateKey: decoded.data)
    }

    /// The recipient that this identity opens files for. For a passphrase that is the passphrase itself.
    package func recipient() throws(AgeFault) -> AgeRecipient {
        switch self {
        case .passphrase(let passphrase): return .scrypt(passphrase: passphrase)
        case .x25519(let privateKey):
            do throws(CryptoFault) { return .x25519(publicKey: try X25519.publicKey(of: privateKey)) } catch {
                throw .crypto(error)
            }
        }
    }

    /// `AGE-SECRET-KEY-1…`; a passphrase as it is.
    package var text: Secret {
        switch self {
        case .passphrase(let passphrase): return passphrase
        case .x25519(let privateKey):
            let size = Bech32.encodedSize(prefix: AgeIdentity.prefix, count: privateKey.count)
            return Secret(count: size) { target in
                privateKey.withBytes { Bech32.encode(prefix: AgeIdentity.prefix, $0, into: target) }
                for index in target.indices where (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(target[index]) {
                    target[index] -= 32
                }
            }
        }
    }

    /// The name of a kind of identity that others write and this program does not read.
    private static func unsupportedKind(_ text: UnsafeRawBufferPointer) -> String? {
        let kinds = [
            ("AGE-SECRET-KEY-PQ-", "a post-quantum identity (AGE-SECRET-KEY-PQ-)"),
            ("AGE-PLUGIN-", "an identity of an age plugin"),
            ("-----BEGIN OPENSSH PRIVATE KEY", "an SSH key"), ("-----BEGIN RSA PRIVATE KEY", "an SSH key"),
            ("-----BEGIN PRIVATE KEY", "a private key in PEM form"), ("ssh-", "an SSH public key"),
        ]
        return kinds.first { text.starts(with: $0.0.utf8) }?.1
    }
}
