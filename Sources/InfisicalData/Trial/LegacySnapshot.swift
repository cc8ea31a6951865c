import Crypto
import FoundationEssentials
package import Secrets

/// The environment's keys as S8 keeps them in the database, sealed under the root key: while this exists, the server
/// reads the legacy tier with these and never with the environment.
package struct LegacySnapshot: Sendable {
    package static let rowID = "00000000-0000-0000-0000-000000000001"
    /// Used for writing, and tried first on reading.
    package let current: EnvironmentKeys
    /// The values as they were before FIPS mode relabelled them; tried after `current`.
    package let original: EnvironmentKeys

    /// Reads the JSON that the snapshot decrypts to; nil if it is not that JSON.
    package init?(json: Secret) {
        let data = json.withBytes { Data($0) }
        do {
            let content = try JSONDecoder().decode(Content.self, from: data)
            current = content.current.keys
            original = content.original.keys
        } catch {
            // The decoder's own error may quote the text, and the text is keys.
            return nil
        }
    }

    /// The JSON of a snapshot of these keys, as a server writes it.
    ///
    /// In FIPS mode the value of `ENCRYPTION_KEY` stands as `ROOT_ENCRYPTION_KEY` in `current`, and as it was in `original`.
    package static func json(_ keys: EnvironmentKeys) -> Secret {
        let text = SecretBuffer(capacity: 512)
        let add = { (part: String) in Array(part.utf8).withUnsafeBytes { text.append($0) } }
        for (part, isCurrent) in [("{\"current\":{", true), ("},\"original\":{", false)] {
            add(part)
            var isFirst = true
            for candidate in keys.candidates {
                let isMoved = isCurrent && candidate.source == .encryptionKeyFIPS
                add((isFirst ? "\"" : ",\"") + (isMoved ? "ROOT_ENCRYPTION_KEY" : candidate.source.variable) + "\":\"")
                isFirst = false
                append(candidate, to: text)
                add("\"")
            }
        }
        add("}}")
        return text.secret()
    }

    /// The variable's value as the content of a JSON string.
    private static func append(_ candidate: KeyCandidate, to text: SecretBuffer) {
        candidate.key.withBytes { bytes in
            guard candidate.source == .encryptionKeyUTF8 else {
                let room = Secret(count: Base64.encodedSize(bytes.count, padded: true)) {
                    _ = Base64.encode(bytes, padded: true, into: $0)
                }
                return text.append(room)
            }
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                    text.append(UInt8(ascii: "\\"))
                    text.append(byte)
                case ..<0x20:
                    let digits = Array("0123456789abcdef".utf8)
                    for part in Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]] {
                        text.append(part)
                    }
                default: text.append(byte)
                }
            }
        }
    }

    /// The keys for triples of an encoding, in the server's order, each once.
    package func candidates(for encoding: KeyEncoding) -> [KeyCandidate] {
        let first = current.candidates(for: encoding)
        return first
            + original.candidates(for: encoding).filter { other in !first.contains { $0.label == other.label } }
    }
}

private struct Content: Decodable {
    let current: Values
    let original: Values
}

private struct Values: Decodable {
    let ENCRYPTION_KEY: String?
    let ROOT_ENCRYPTION_KEY: String?

    var keys: EnvironmentKeys {
        EnvironmentKeys(encryptionKey: secret(ENCRYPTION_KEY), rootEncryptionKey: secret(ROOT_ENCRYPTION_KEY))
    }

    private func secret(_ text: String?) -> Secret? {
        guard let text else { return nil }
        var bytes = Array(text.utf8)
        return Secret(consuming: &bytes)
    }
}
