package import Secrets

/// Somebody who will be able to open a file.
package enum AgeRecipient: Sendable {
    /// The holder of an age identity; the public key has 32 bytes.
    case x25519(publicKey: [UInt8])
    /// Whoever knows the passphrase; only alone. Trying one passphrase takes 2^`logN` KiB of memory; 18 takes about a
    /// second.
    case scrypt(passphrase: Secret, logN: Int = 18)

    static let prefix = "age"

    /// Reads `age1…`.
    package init(_ text: String) throws(AgeFault) {
        // The text is shown to the user: a secret key given by mistake must not be.
        guard !text.lowercased().hasPrefix("age-secret-key") else {
            throw .notRecipient(
                "[secret]", why: "it is an identity, which is secret; give the public key that belongs to it")
        }
        let shown = text.utf8.count > 80 ? "\(text.prefix(40))…" : text
        let kinds = [
            ("age1pq1", "a post-quantum recipient"), ("age1tag1", "a hardware key"), ("age1tagpq1", "a hardware key"),
            ("age1yubikey1", "a plugin's recipient"), ("ssh-", "an SSH key"), ("github:", "a list of SSH keys"),
        ]
        if let (_, kind) = kinds.first(where: { text.hasPrefix($0.0) }) {
            throw .unsupportedRecipient(shown, kind: kind)
        }
        let bytes = Array(text.utf8)
        let decoded: Bech32.Decoded
        do throws(Bech32.Flaw) {
            decoded = try bytes.withUnsafeBytes { (bytes) in
                Result { () throws(Bech32.Flaw) in try Bech32.decode(bytes) }
            }.get()
        } catch { throw .notRecipient(shown, why: error.text) }
        guard decoded.prefix == AgeRecipient.prefix else {
            guard !decoded.prefix.hasPrefix("age1") else {
                throw .unsupportedRecipient(shown, kind: "a plugin's recipient")
            }
            throw .notRecipient(shown, why: "it does not begin with age1")
        }
        guard !decoded.isUppercase else { throw .notRecipient(shown, why: "it is in upper case") }
        guard decoded.data.count == 32 else { throw .notRecipient(shown, why: "it has the wrong length") }
        self = .x25519(publicKey: decoded.data.withBytes { Array($0) })
    }

    /// `age1…`; nil for a passphrase, which has no public form.
    package var text: String? {
        guard case .x25519(let publicKey) = self else { return nil }
        let size = Bech32.encodedSize(prefix: AgeRecipient.prefix, count: publicKey.count)
        return String(unsafeUninitializedCapacity: size) { target in
            publicKey.withUnsafeBytes {
                Bech32.encode(
                    prefix: AgeRecipient.prefix, $0,
                    into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[..<size]))
            }
            return size
        }
    }
}
