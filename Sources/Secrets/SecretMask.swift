/// Takes secrets out of text that others wrote: those that are known, and passwords in addresses.
package struct SecretMask: Sendable {
    package static let mask = "••••"
    /// A value of fewer bytes is too likely to be part of an ordinary word.
    private static let shortest = 6

    private let secrets: [Secret]

    package init(_ secrets: [Secret]) {
        // A longer one first: it may contain a shorter one.
        self.secrets = secrets.filter { $0.count >= SecretMask.shortest }.sorted { $0.count > $1.count }
    }

    package func applied(to text: String) -> String {
        var bytes = Array(text.utf8)
        for secret in secrets { secret.withBytes { SecretMask.replace($0, in: &bytes) } }
        SecretMask.replacePasswords(in: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func replace(_ secret: UnsafeRawBufferPointer, in bytes: inout [UInt8]) {
        guard let first = secret.first else { return }
        var position = 0
        while position + secret.count <= bytes.count {
            guard let next = bytes[position...(bytes.count - secret.count)].firstIndex(of: first) else { return }
            if bytes[next..<next + secret.count].elementsEqual(secret) {
                bytes.replaceSubrange(next..<next + secret.count, with: mask.utf8)
                position = next + mask.utf8.count
            } else {
                position = next + 1
            }
        }
    }

    /// The password of `scheme://user:password@host`.
    private static func replacePasswords(in bytes: inout [UInt8]) {
        let ends: Set<UInt8> = [UInt8(ascii: " "), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "/")]
        var position = 0
        while let colon = bytes[position...].firstIndex(of: UInt8(ascii: ":")) {
            position = colon + 1
            guard bytes[colon...].starts(with: "://".utf8) else { continue }
            let start = colon + 3
            let end = bytes[start...].firstIndex { ends.contains($0) } ?? bytes.count
            guard let at = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")),
                let separator = bytes[start..<at].firstIndex(of: UInt8(ascii: ":"))
            else { continue }
            bytes.replaceSubrange(separator + 1..<at, with: mask.utf8)
            position = separator + 1
        }
    }
}
